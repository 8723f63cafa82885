"""Writing the staged levels: each write unit encoded once, and none that is empty."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import BlockGrid
from tasks.plan.registration_plan import Level
from tasks.plan.window import Window


class LevelWriter:
    """Writes blocks of one staged level; any number of threads may write disjoint blocks."""

    def __init__(self, staged: Path, level: Level) -> None:
        """Open the staged array, whose metadata must be there already."""
        self.units_written = 0
        self.units_empty = 0
        self.bytes_written = 0
        array = zarr.open_array(staged / level.path, mode="r+")
        # Emptiness is tested here, in the worker: zarr would do it on its one event-loop thread.
        # Inside a shard only zarr's own codec can leave out an empty chunk.
        self._array = array.with_config({"write_empty_chunks": level.shards is None})
        self._fill = array.fill_value
        self._units = BlockGrid(shape=level.shape, block=level.write_unit)
        self._lock = threading.Lock()

    @property
    def fills_with_zero(self) -> bool:
        """Whether a chunk that is not on disk reads as zeros."""
        return self._fill is None or not self._fill

    def write(self, window: Window, pixels: npt.NDArray[Any] | None) -> None:
        """Write one block.

        Args:
            window: Whole write units of the level, in its pixels.
            pixels: The block's pixels, or None where all are zero.
        """
        if pixels is None:
            if self.fills_with_zero:
                self._count(0, self._units.count_touching(window), 0)
                return
            pixels = np.zeros(window.shape, dtype=self._array.dtype)
        units = [self._units.window(index) for index in self._units.touching(window)]
        kept = [unit for unit in units if not self._is_empty(_part(pixels, unit, window))]
        if len(kept) == len(units):
            self._array.set_basic_selection(window.slices, pixels)
        else:
            for unit in kept:
                self._array.set_basic_selection(unit.slices, _part(pixels, unit, window))
        written = sum(math.prod(unit.shape) for unit in kept) * pixels.itemsize
        self._count(len(kept), len(units) - len(kept), written)

    def _is_empty(self, pixels: npt.NDArray[Any]) -> bool:
        if self.fills_with_zero:
            return not pixels.any()
        return bool(
            np.array_equal(pixels, np.full_like(pixels, self._fill), equal_nan=_has_nan(pixels))
        )

    def _count(self, written: int, empty: int, size: int) -> None:
        with self._lock:
            self.units_written += written
            self.units_empty += empty
            self.bytes_written += size


def _part(pixels: npt.NDArray[Any], unit: Window, window: Window) -> npt.NDArray[Any]:
    return pixels[unit.moved_by(tuple(-a for a in window.start)).slices]


def _has_nan(pixels: npt.NDArray[Any]) -> bool:
    return pixels.dtype.kind in "fc"
