"""Reading the source: windows off the chunk grid, without decoding a chunk again and again."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import BlockGrid
from tasks.pixels.chunk_codec import DECODING_ERRORS
from tasks.pixels.chunk_files import ChunkFiles, open_chunk_files
from tasks.pixels.fast_pipeline import with_fast_pipeline
from tasks.pixels.tiles import Reading, TileStore
from tasks.plan.errors import DamagedChunkError
from tasks.plan.window import Window

CACHE_BYTES = 96 * 2**20
"""Decoded tiles kept for the blocks that still need them: enough for the up to four tiles that a
shifted block touches in a plane, for a few workers."""

TILES_IN_PLANE = 4
"""Tiles of a plane that a shifted block touches with more than a margin."""


def cache_bytes(block_bytes: int, tile_bytes: int, planes: int) -> int:
    """Return the room for decoded tiles: for at least all that one block is made from.

    Args:
        block_bytes: Size of a block, of one or more tiles.
        tile_bytes: Size of a tile.
        planes: Planes that each plane of a block is made from.
    """
    each = tile_bytes if planes == 1 else block_bytes
    return max(CACHE_BYTES, TILES_IN_PLANE * planes * each)


class TileReader:
    """Reads windows of one array through tiles that several blocks may share.

    A tile that more than one reading needs is decoded once, whole, and kept as `TileStore` says; of
    a tile that one needs, only what it needs is read. Any number of threads may read at once.
    """

    def __init__(
        self, array: zarr.Array[Any], path: Path, grid: BlockGrid, tiles: TileStore
    ) -> None:
        """Prepare to read an array.

        Args:
            array: The source array.
            path: Where it lies, for errors.
            grid: The tiles.
            tiles: Keeps them.
        """
        self.chunks_decoded = 0
        self._array = array
        self._path = path
        self._grid = grid
        self._tiles = tiles
        self._lock = threading.Lock()
        self._chunk_grid = BlockGrid(shape=array.shape, block=array.chunks)
        self._files = open_chunk_files(path, array)
        self._pipeline = array if self._files is not None else with_fast_pipeline(array)

    def fill(self, reading: Reading, parts: Sequence[tuple[npt.NDArray[Any], Window]]) -> None:
        """Fill arrays with the source's pixels, tile by tile: each is asked for once.

        Args:
            reading: Which one of those that the tiles are kept for.
            parts: Arrays, and the windows of the source that they get.

        Raises:
            DamagedChunkError: A chunk cannot be decoded; names the array and the chunk.
            OSError: A chunk cannot be read.
        """
        touched = defaultdict(list)
        for out, window in parts:
            for tile in self._grid.touching(window):
                touched[tile].append((out, window))
        for tile, wanting in touched.items():
            within = self._grid.window(tile)
            box, pixels = self._tiles.take(tile, within, reading, self._read)
            for out, window in wanting:
                part = window.clipped_to(within)
                out[_counted_from(window, part).slices] = pixels[_counted_from(box, part).slices]
            self._tiles.give_back(tile, reading)

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
