"""Writing the staged levels: each write unit encoded once, and none that is empty."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.carry import carry_file
from tasks.pixels.chunk_codec import DECODING_ERRORS
from tasks.pixels.chunk_files import ChunkFiles, open_chunk_files
from tasks.pixels.fast_pipeline import pipeline_of, with_fast_pipeline
from tasks.pixels.pending import Finished
from tasks.plan.registration_plan import Level
from tasks.plan.window import Window


class LevelWriter:
    """Writes blocks of one staged level; any number of threads may write disjoint blocks."""

    def __init__(self, source: Path, staged: Path, level: Level, *, link: bool) -> None:
        """Open the staged array, whose metadata must be there already.

        Args:
            source: Root of the image that is read.
            staged: Root of the staged image.
            level: The level, the same in both.
            link: Whether a file in which nothing changes may be the same file in both.
        """
        self.units_written = 0
        self.units_carried = 0
        self.units_empty = 0
        self.bytes_written = 0
        folder = staged / level.path
        array = zarr.open_array(folder, mode="r+")
        self._files = open_chunk_files(folder, array)
        # Emptiness is tested here, in the worker: zarr would do it on its one event-loop thread.
        # Inside a shard that zarr must write only it can leave out an empty chunk.
        array = array.with_config({"write_empty_chunks": level.shards is None})
        self._array = array if self._files is not None else with_fast_pipeline(array)
        self._fill = self._array.fill_value
        self.units = BlockGrid(shape=level.shape, block=level.write_unit)
        """What is written at one time, by one writer."""
        self._source = source / level.path
        self._same_pyramid = True
        """Whether the source's coarser levels may be made as ours are."""
        self._staged = staged / level.path
        self._link = link
        self._resolved = source.resolve() / level.path
        self._own_folders: dict[Path, bool] = {}
        """Whether a folder of the source is where its path says, not behind a symbolic link."""
        self._lock = threading.Lock()

    @property
    def encoded_by(self) -> str:
        """The library that encodes what is written."""
        return "numcodecs" if self._files is not None else pipeline_of(self._array)

    @property
    def fills_with_zero(self) -> bool:
        """Whether a chunk that is not on disk reads as zeros.

        Without a fill value (null, in zarr format 2) what it reads as is undefined: zarr-python
        gives zeros, other readers whatever their memory held.
        """
        return self._fill is not None and not self._fill

    def write(self, block: Finished, still: npt.NDArray[np.bool_]) -> None:
        """Write a block of the finest level.

        Args:
            block: Whole write units.
            still: For each of them, whether it holds just what it holds in the source: then its
                file is carried over as it is.
        """
        first = tuple(a // n for a, n in zip(block.window.start, self.units.block, strict=True))

        def is_carried(index: Index, _: npt.NDArray[Any]) -> bool:
            within = tuple(n - low for n, low in zip(index, first, strict=True))
            return bool(still[within]) and self._carry(index)

        self._write(block, is_carried)

    def write_reduced(self, block: Finished) -> None:
        """Write a block of a coarser level.

        Where nothing that it is made from has moved, the source may hold the same pixels already,
        if its pyramid was made in the same way. To see that costs a decoded chunk, a fraction of
        what encoding costs; the first unit that differs ends it for this level.

        Args:
            block: Whole write units.
        """

        def is_carried(index: Index, pixels: npt.NDArray[Any]) -> bool:
            return block.unmoved and self._is_in_source(index, pixels) and self._carry(index)

        self._write(block, is_carried)

    def _write(
        self, block: Finished, is_carried: Callable[[Index, npt.NDArray[Any]], bool]
    ) -> None:
        window, pixels = block.window, block.pixels
        if pixels is None:
            if self.fills_with_zero:
                self._count(empty=self.units.count_touching(window))
                return
            pixels = np.zeros(window.shape, dtype=self._array.dtype)
        written = carried = empty = size = 0
        for index in self.units.touching(window):
            unit = self.units.window(index)
            part = pixels[unit.moved_by(tuple(-a for a in window.start)).slices]
            if self._is_empty(part):
                empty += 1
            elif is_carried(index, part):
                carried += 1
            else:
                self._encode(index, unit, part)
                written += 1
                size += part.nbytes
        self._count(written, carried, empty, size)

    def _encode(self, index: Index, unit: Window, pixels: npt.NDArray[Any]) -> None:
        if self._files is None:
            # One unit at a time: of several, zarr goes on to write the others after one has failed.
            self._array.set_basic_selection(unit.slices, pixels)
        else:
            self._files.write(index, pixels)

    @cached_property
    def _source_files(self) -> ChunkFiles | None:
        return open_chunk_files(self._source, zarr.open_array(self._source, mode="r"))

    def _is_in_source(self, index: Index, pixels: npt.NDArray[Any]) -> bool:
        if not self._same_pyramid or self._source_files is None:
            return False
        try:
            found = self._source_files.read(index, Window.whole(pixels.shape))
            same = np.array_equal(found, pixels, equal_nan=_has_nan(pixels))
        except (*DECODING_ERRORS, OSError):
            # The source's coarser levels are made anew: that one is damaged does no harm.
            same = False
        self._same_pyramid &= same
        return same

    def _carry(self, index: Index) -> bool:
        """Carry a unit's file over from the source; say whether there was one."""
        key = self._array.metadata.encode_chunk_key(index)
        target = self._staged / key
        target.parent.mkdir(parents=True, exist_ok=True)
        return carry_file(self._source / key, target, link=self._link and self._is_own(key))

    def _is_own(self, key: str) -> bool:
        """Return whether a file is not behind a symbolic link: it goes when the source goes."""
        folder = (self._source / key).parent
        if folder not in self._own_folders:
            self._own_folders[folder] = folder.resolve() == (self._resolved / key).parent
        return self._own_folders[folder]

    def _is_empty(self, pixels: npt.NDArray[Any]) -> bool:
        if self._fill is None:
            return False
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


def _has_nan(pixels: npt.NDArray[Any]) -> bool:
    return pixels.dtype.kind in "fc"
