"""Reading the source: windows off the chunk grid, without decoding a chunk again and again."""

from __future__ import annotations

import math
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
from tasks.pixels.rim import TileRim
from tasks.plan.errors import DamagedChunkError
from tasks.plan.window import Window

CACHE_BYTES = 96 * 2**20
"""Decoded tiles kept for the blocks that still need them: enough for the up to four tiles that a
shifted block touches in a plane, for a few workers."""

TILES_IN_PLANE = 4
"""Tiles of a plane that a shifted block touches with more than a margin."""


def cache_bytes(tile_bytes: int, planes: int) -> int:
    """Return the room for decoded tiles: for at least all that one block is made from.

    Args:
        tile_bytes: Size of a tile.
        planes: Planes that each plane of a block is made from.
    """
    return CACHE_BYTES if planes == 1 else max(CACHE_BYTES, TILES_IN_PLANE * planes * tile_bytes)


class TileReader:
    """Reads windows of one array through tiles that several blocks may share.

    Tiles lie on the block grid. A tile that one block needs is read for that block alone; a tile
    that more need is decoded once and kept until the last of them has had it, or until room runs
    out; then its rim is kept for the margins of its neighbours. Any number of threads may read at
    once.
    """

    def __init__(
        self,
        array: zarr.Array[Any],
        path: Path,
        grid: BlockGrid,
        uses: Counter[Index],
        *,
        margin: int = 0,
        planes: int = 1,
    ) -> None:
        """Prepare to read an array.

        Args:
            array: The source array.
            path: Where it lies, for errors.
            grid: The tiles.
            uses: How often each tile will be asked for; one that is missing counts as one.
            margin: Rows and columns of its neighbours that a block is read with.
            planes: Planes that each plane of a block is made from.
        """
        self.chunks_decoded = 0
        self._array = array
        self._path = path
        self._grid = grid
        self._shared_tiles = frozenset(index for index, count in uses.items() if count > 1)
        self._left = Counter(uses)
        self._lock = threading.Lock()
        self._tiles: OrderedDict[Index, Future[npt.NDArray[Any]]] = OrderedDict()
        self._margin = margin
        self._room = cache_bytes(math.prod(grid.block) * array.dtype.itemsize, planes)
        self._rims: OrderedDict[Index, TileRim] = OrderedDict()
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
                rim = self._in_rim(index, within)
                out[into.slices] = (
                    self._decoded_once(index, tile)[within.slices] if rim is None else rim
                )
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
            self._count_use(index)
            self._make_room()
        return pixels

    def _in_rim(self, index: Index, within: Window) -> npt.NDArray[Any] | None:
        """Return pixels of a tile that was dropped, where its rim holds them all."""
        with self._lock:
            rim = None if index in self._tiles else self._rims.get(index)
            pixels = None if rim is None else rim.find(within)
            if pixels is not None:
                self._count_use(index)
        return pixels

    def _count_use(self, index: Index) -> None:
        self._left[index] -= 1
        if self._left[index] == 0:
            self._tiles.pop(index, None)
            self._rims.pop(index, None)

    def _make_room(self) -> None:
        ready = [(key, tile.result()) for key, tile in self._tiles.items() if tile.done()]
        held = sum(tile.nbytes for _, tile in ready)
        held += sum(rim.nbytes for rim in self._rims.values())
        for key, tile in ready:
            if held <= self._room:
                return
            held -= tile.nbytes
            del self._tiles[key]
            if self._margin and key not in self._rims:
                rim = self._rims[key] = TileRim(tile, self._margin)
                held += rim.nbytes
        while held > self._room and self._rims:
            _, rim = self._rims.popitem(last=False)
            held -= rim.nbytes

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
