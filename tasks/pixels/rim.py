"""The rim of a tile: what the margins of neighbouring blocks need of it, and little else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.plan.window import Window


class TileRim:
    """Copies of a tile's outermost rows and columns, for when the tile itself is dropped."""

    def __init__(self, pixels: npt.NDArray[Any], width: int) -> None:
        """Copy the rim.

        Args:
            pixels: The tile; its last two axes are rows and columns.
            width: Rows and columns to keep along each edge.
        """
        everything = Window.whole(pixels.shape)
        self._parts: list[tuple[Window, npt.NDArray[Any]]] = []
        for axis in (pixels.ndim - 2, pixels.ndim - 1):
            size = pixels.shape[axis]
            for first, last in ((0, min(width, size)), (max(size - width, 0), size)):
                window = _cut(everything, axis, first, last)
                self._parts.append((window, np.array(pixels[window.slices])))

    @property
    def nbytes(self) -> int:
        """Memory that the copies take, in bytes."""
        return sum(kept.nbytes for _, kept in self._parts)

    def find(self, window: Window) -> npt.NDArray[Any] | None:
        """Return a window of the tile, or None where it is more than rim."""
        for place, kept in self._parts:
            if window.clipped_to(place) == window:
                return kept[window.moved_by(tuple(-a for a in place.start)).slices]
        return None


def _cut(window: Window, axis: int, first: int, last: int) -> Window:
    start, stop = list(window.start), list(window.stop)
    start[axis], stop[axis] = first, last
    return Window(start=tuple(start), stop=tuple(stop))
