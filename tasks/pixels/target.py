"""Writing the staged levels: each write unit encoded once, and none that is empty."""

from __future__ import annotations

import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.chunk_files import open_chunk_files
from tasks.plan.registration_plan import Level
from tasks.plan.window import Window


class LevelWriter:
    """Writes blocks of one staged level; any number of threads may write disjoint blocks."""

    def __init__(self, source: Path, staged: Path, level: Level) -> None:
        """Open the staged array, whose metadata must be there already.

        Args:
            source: Root of the image that is read.
            staged: Root of the staged image.
            level: The level, the same in both.
        """
        self.units_written = 0
        self.units_carried = 0
        self.units_empty = 0
        self.bytes_written = 0
        array = zarr.open_array(staged / level.path, mode="r+")
        self._files = open_chunk_files(staged / level.path, array)
        # Emptiness is tested here, in the worker: zarr would do it on its one event-loop thread.
        # Inside a shard only zarr's own codec can leave out an empty chunk.
        self._array = array.with_config({"write_empty_chunks": level.shards is None})
        self._fill = array.fill_value
        self._units = BlockGrid(shape=level.shape, block=level.write_unit)
        self._source = source / level.path
        self._staged = staged / level.path
        self._lock = threading.Lock()

    @property
    def fills_with_zero(self) -> bool:
        """Whether a chunk that is not on disk reads as zeros."""
        return self._fill is None or not self._fill

    def write(
        self,
        window: Window,
        pixels: npt.NDArray[Any] | None,
        is_unmoved: Callable[[Window], bool] = lambda _: False,
    ) -> None:
        """Write one block.

        Args:
            window: Whole write units of the level, in its pixels.
            pixels: The block's pixels, or None where all are zero.
            is_unmoved: Whether a write unit holds just what it holds in the source: then its file
                is copied as it is.
        """
        if pixels is None:
            if self.fills_with_zero:
                self._count(empty=self._units.count_touching(window))
                return
            pixels = np.zeros(window.shape, dtype=self._array.dtype)
        units = {index: self._units.window(index) for index in self._units.touching(window)}
        kept = {
            index: unit
            for index, unit in units.items()
            if not self._is_empty(_part(pixels, unit, window))
        }
        self._count(empty=len(units) - len(kept))
        moved = {i: unit for i, unit in kept.items() if not (is_unmoved(unit) and self._carry(i))}
        if self._files is None and len(moved) == len(units):
            self._array.set_basic_selection(window.slices, pixels)
        else:
            for index, unit in moved.items():
                self._encode(index, unit, _part(pixels, unit, window))
        size = sum(math.prod(unit.shape) for unit in moved.values()) * pixels.itemsize
        self._count(written=len(moved), carried=len(kept) - len(moved), size=size)

    def _encode(self, index: Index, unit: Window, pixels: npt.NDArray[Any]) -> None:
        if self._files is None:
            self._array.set_basic_selection(unit.slices, pixels)
        else:
            self._files.write_bytes(index, self._files.encode(pixels))

    def _carry(self, index: Index) -> bool:
        """Copy a unit's file from the source; say whether there was one."""
        key = self._array.metadata.encode_chunk_key(index)
        target = self._staged / key
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self._source / key, target)
        except FileNotFoundError:
            return False
        return True

    def _is_empty(self, pixels: npt.NDArray[Any]) -> bool:
        if self.fills_with_zero:
            return not pixels.any()
        return bool(
            np.array_equal(pixels, np.full_like(pixels, self._fill), equal_nan=_has_nan(pixels))
        )

    def _count(self, written: int = 0, carried: int = 0, empty: int = 0, size: int = 0) -> None:
        with self._lock:
            self.units_written += written
            self.units_carried += carried
            self.units_empty += empty
            self.bytes_written += size


def _part(pixels: npt.NDArray[Any], unit: Window, window: Window) -> npt.NDArray[Any]:
    return pixels[unit.moved_by(tuple(-a for a in window.start)).slices]


def _has_nan(pixels: npt.NDArray[Any]) -> bool:
    return pixels.dtype.kind in "fc"
