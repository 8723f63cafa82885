"""Reading the source: windows off the chunk grid, without decoding a chunk again and again."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.chunk_codec import DECODING_ERRORS
from tasks.pixels.chunk_files import ChunkFiles, open_chunk_files
from tasks.pixels.fast_pipeline import with_fast_pipeline
from tasks.plan.errors import DamagedChunkError
from tasks.plan.window import Window

CACHE_BYTES = 96 * 2**20
"""Decoded tiles kept for the blocks that still need them: enough for the up to four tiles that a
shifted block touches in a plane, for a few workers."""


class TileReader:
    """Reads windows of one array through tiles that several blocks may share.

    Tiles lie on the block grid. A tile that one block needs is read for that block alone; a tile
    that more need is decoded once and kept until the last of them has had it, or until room runs
    out. Any number of threads may read at once.
    """

    def __init__(
        self, array: zarr.Array[Any], path: Path, grid: BlockGrid, uses: Counter[Index]
    ) -> None:
        """Prepare to read an array.

        Args:
            array: The source array.
            path: Where it lies, for errors.
            grid: The tiles.
            uses: How often each tile will be asked for; one that is missing counts as one.
        """
        self.chunks_decoded = 0
        self._array = array
        self._path = path
        self._grid = grid
        self._shared_tiles = frozenset(index for index, count in uses.items() if count > 1)
        self._left = Counter(uses)
        self._lock = threading.Lock()
        self._tiles: OrderedDict[Index, Future[npt.NDArray[Any]]] = OrderedDict()
        self._chunk_grid = BlockGrid(shape=array.shape, block=array.chunks)
        self._files = open_chunk_files(path, array)
        self._pipeline = array if self._files is not None else with_fast_pipeline(array)

    def copy_into(self, out: npt.NDArray[Any], window: Window) -> None:
        """Fill an array of the window's shape with the window's pixels.

        Raises:
            DamagedChunkError: A chunk cannot be decoded; names the array and the chunk.
            OSError: A chunk cannot be read.
        """
        for index in self._grid.touching(window):
            tile = self._grid.window(index)
            part = window.clipped_to(tile)
            into = _counted_from(window, part)
            if index in self._shared_tiles:
                within = _counted_from(tile, part)
                out[into.slices] = self._decoded_once(index, tile)[within.slices]
            else:
                out[into.slices] = self._read(part)

    def _decoded_once(self, index: Index, tile: Window) -> npt.NDArray[Any]:
        with self._lock:
            waiting = self._tiles.get(index)
            owner = waiting is None
            if waiting is None:
                waiting = self._tiles[index] = Future()
            self._tiles.move_to_end(index)
        if owner:
            try:
                waiting.set_result(self._read(tile))
            except BaseException as error:
                waiting.set_exception(error)
                raise
        pixels = waiting.result()
        with self._lock:
            self._left[index] -= 1
            if self._left[index] == 0:
                self._tiles.pop(index, None)
            self._make_room()
        return pixels

    def _make_room(self) -> None:
        ready = [(key, tile) for key, tile in self._tiles.items() if tile.done()]
        held = sum(tile.result().nbytes for _, tile in ready)
        for key, tile in ready:
            if held <= CACHE_BYTES:
                return
            held -= tile.result().nbytes
            del self._tiles[key]

    def _read(self, window: Window) -> npt.NDArray[Any]:
        try:
            if self._files is None:
                pixels = np.asarray(self._pipeline.get_basic_selection(window.slices))
            else:
                pixels = self._read_files(self._files, window)
        except (*DECODING_ERRORS, OSError) as error:
            # zarrs reports some broken chunks as an OSError, but without a number.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise self._name_damage(window) from error
        with self._lock:
            self.chunks_decoded += self._chunk_grid.count_touching(window)
        return pixels

    def _read_files(self, files: ChunkFiles, window: Window) -> npt.NDArray[Any]:
        indices = list(files.grid.touching(window))
        if len(indices) == 1:
            # Nothing is put together: what the codec returns is not copied once more.
            return files.read(indices[0], _counted_from(files.grid.window(indices[0]), window))
        pixels = np.empty(window.shape, dtype=self._array.dtype)
        for index in indices:
            unit = files.grid.window(index)
            part = window.clipped_to(unit)
            pixels[_counted_from(window, part).slices] = files.read(
                index, _counted_from(unit, part)
            )
        return pixels

    def _name_damage(self, window: Window) -> DamagedChunkError:
        for index in self._chunk_grid.touching(window):
            try:
                self._array.get_basic_selection(self._chunk_grid.window(index).slices)
            except DECODING_ERRORS as error:
                return DamagedChunkError(
                    f"{self._path}: chunk {'/'.join(map(str, index))} cannot be decoded ({error}); "
                    "the original was not touched. Restore this chunk from a copy, or convert the "
                    "image again"
                )
        return DamagedChunkError(
            f"{self._path}: pixels {window.start} to {window.stop} could not be decoded once, then "
            "could; the file may be changing under the run. Try again when nothing writes to it"
        )


def _counted_from(origin: Window, window: Window) -> Window:
    return window.moved_by(tuple(-a for a in origin.start))
