"""Which cell each pixel of a sample belongs to, and how far from its centre the pixel lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.demo.cells import Cell
from tasks.demo.texture import mottled

BODY = 1.9
"""Where a cell ends that has no neighbour, in nuclear radii."""

NOWHERE = 9.0
"""Distance, in nuclear radii, of a pixel that no cell reaches."""

_REACH = 2.4
_UNEVENNESS = 0.06
"""How much an outline departs from an ellipse, as a share of its radius."""


@dataclass(frozen=True)
class Territories:
    """The pixels of a sample, shared out among its cells. All arrays have axes (y, x)."""

    cells: tuple[Cell, ...]
    owner: NDArray[np.int32]
    """Index of the cell that the pixel is nearest to; 0 too where no cell reaches."""
    distance: NDArray[np.float32]
    """From the owner's centre, in nuclear radii: 1 is the edge of its nucleus."""
    rival: NDArray[np.float32]
    """From the next nearest cell's centre, in that cell's nuclear radii."""

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels along y and x."""
        height, width = self.distance.shape
        return height, width

    @property
    def depth(self) -> NDArray[np.float32]:
        """How far inside its cell a pixel lies: 0 on the membrane, negative outside all cells."""
        to_neighbour: NDArray[np.float32] = (self.rival - self.distance) * np.float32(0.7)
        depth: NDArray[np.float32] = np.minimum(BODY - self.distance, to_neighbour)
        return depth

    @property
    def nuclei(self) -> NDArray[np.uint32]:
        """The nuclei as a label: 0 is background, the nucleus of cell i has the value i + 1."""
        inside = self.distance < 1.0
        return np.where(inside, self.owner + 1, 0).astype(np.uint32)


def share_out(
    cells: tuple[Cell, ...], shape: tuple[int, int], random: np.random.Generator
) -> Territories:
    """Return which cell each pixel belongs to: the one that is nearest in nuclear radii.

    Args:
        cells: The cells of the sample.
        shape: Pixels along y and x.
        random: Where the unevenness of the outlines comes from.
    """
    owner = np.zeros(shape, dtype=np.int32)
    distance = np.full(shape, NOWHERE, dtype=np.float32)
    rival = np.full(shape, NOWHERE, dtype=np.float32)
    uneven = 1.0 + np.float32(_UNEVENNESS) * mottled(shape, 15, random)
    for index, cell in enumerate(cells):
        where = _around(cell, shape)
        seen = _ellipse_distance(cell, where) * uneven[where]
        wins = seen < distance[where]
        rival[where] = np.where(wins, distance[where], np.minimum(rival[where], seen))
        distance[where] = np.where(wins, seen, distance[where])
        owner[where] = np.where(wins, index, owner[where])
    return Territories(cells=cells, owner=owner, distance=distance, rival=rival)


def _around(cell: Cell, shape: tuple[int, int]) -> tuple[slice, slice]:
    reach = int(np.ceil(_REACH * cell.long_radius))
    y, x = int(cell.y), int(cell.x)
    return (
        slice(max(y - reach, 0), min(y + reach + 1, shape[0])),
        slice(max(x - reach, 0), min(x + reach + 1, shape[1])),
    )


def _ellipse_distance(cell: Cell, where: tuple[slice, slice]) -> NDArray[np.float32]:
    rows, columns = where
    dy = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - np.float32(cell.y)
    dx = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - np.float32(cell.x)
    cosine, sine = np.float32(np.cos(cell.angle)), np.float32(np.sin(cell.angle))
    along = (dx * cosine + dy * sine) / np.float32(cell.long_radius)
    across = (dy * cosine - dx * sine) / np.float32(cell.short_radius)
    return np.hypot(along, across)
