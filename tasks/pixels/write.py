"""One pass over the data: every block is read, shifted, written, and reduced to all levels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import Index, depth_first, pyramid_grids, tile_grid
from tasks.pixels.interpolate import copy_between, planes_weighed
from tasks.pixels.landing import Landed, Landings
from tasks.pixels.pending import Finished, PendingLevel
from tasks.pixels.schedule import Job, run_jobs
from tasks.pixels.source import TileReader, cache_bytes
from tasks.pixels.still import still_units
from tasks.pixels.target import LevelWriter
from tasks.pixels.tiles import Reading, TileStore
from tasks.plan.interpolation import shift_taps
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Frozen, Window


class WrittenPixels(Frozen):
    """What writing one pyramid took."""

    chunks_decoded: int
    """Source chunks decoded, counting one that was decoded again."""
    chunks_written: int
    """Chunks (shards, where there are shards) encoded and written, over all levels."""
    chunks_carried: int
    """Chunks (shards) whose file was copied as it is, because nothing changes in them."""
    chunks_empty: int
    """Chunks (shards) that hold the fill value only and were not written."""
    bytes_written: int
    """Bytes of the written chunks, before compression."""
    encoded_by: str
    """The library that encoded the finest level: numcodecs, or zarr's or zarrs' pipeline."""


def write_pyramid(
    pyramid: Pyramid,
    source: Path,
    staged: Path,
    *,
    workers: int = 1,
    link: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> WrittenPixels:
    """Write every region's pixels from its source to its target window, at all levels.

    Pixels also move by a shift's fraction, where it has one, as the pyramid's interpolation says.
    What no region covers is zero. Where targets overlap, the later shift wins. Each chunk of each
    level is encoded once; levels are never read back.

    Args:
        pyramid: The image or label, and its shifts in level-0 pixels.
        source: Root of the image to read.
        staged: Root of the staged image: the arrays' metadata must be there, their chunks not.
        workers: Blocks worked on at a time.
        link: The staged image is to replace the source, which nobody changes until then: what stays
            as it is becomes a second name (hard link) of the same file, not a copy.
        progress: Called with blocks done and blocks in all, from one thread.

    Returns:
        Counts of chunks read and written.

    Raises:
        DamagedChunkError: A source chunk cannot be decoded; names the array and the chunk.
        OSError: A chunk cannot be read or written.
    """
    writing = _Writing(pyramid, source, staged, link=link)
    run_jobs(writing.jobs(), workers=workers, progress=progress)
    return writing.counts()


class _Writing:
    """The state that the workers of one pyramid share."""

    def __init__(self, pyramid: Pyramid, source: Path, staged: Path, *, link: bool) -> None:
        finest = pyramid.levels[0]
        self._dtype = np.dtype(finest.dtype)
        self._interpolation = pyramid.interpolation
        self._grids = pyramid_grids(pyramid)
        self._order = depth_first(self._grids, pyramid.shifts)
        self._writers = [LevelWriter(source, staged, level, link=link) for level in pyramid.levels]
        self._pending = [
            PendingLevel(larger, grid, self._dtype, pyramid.resampling)
            for larger, grid in itertools.pairwise(self._grids)
        ]
        tiles = tile_grid(finest, self._grids[0])
        self._landings = Landings(pyramid, self._grids[0], tiles)
        itemsize = self._dtype.itemsize
        room = cache_bytes(
            math.prod(self._grids[0].block) * itemsize,
            math.prod(tiles.block) * itemsize,
            planes_weighed(pyramid),
        )
        path = source / finest.path
        self._reader = TileReader(
            zarr.open_array(path, mode="r"),
            path,
            tiles,
            TileStore(self._landings.users(), self._landings.needs, room),
        )

    def jobs(self) -> list[Job]:
        """Return one job for each block of the finest level; they lead to those of the others."""
        return [partial(self._write_finest, index) for index in self._order]

    def _write_finest(self, index: Index) -> list[Job]:
        """Assemble one block of the finest level, write it, and pass it on to the next level."""
        window = self._grids[0].window(index)
        still = still_units(window, self._writers[0].units, self._landings.shifts(index))
        block = Finished(window, self._assemble(index), bool(still.all()))
        self._writers[0].write(block, still)
        return self._pass_on(0, block)

    def _write_coarser(self, level: int, block: Finished) -> list[Job]:
        self._writers[level].write_reduced(block)
        return self._pass_on(level, block)

    def _pass_on(self, level: int, block: Finished) -> list[Job]:
        """Hand a finished block to the next level; return jobs for the blocks it completes."""
        if level == len(self._pending):
            return []
        return [
            partial(self._write_coarser, level + 1, coarser)
            for coarser in self._pending[level].add(block)
        ]

    def counts(self) -> WrittenPixels:
        return WrittenPixels(
            chunks_decoded=self._reader.chunks_decoded,
            chunks_written=sum(writer.units_written for writer in self._writers),
            chunks_carried=sum(writer.units_carried for writer in self._writers),
            chunks_empty=sum(writer.units_empty for writer in self._writers),
            bytes_written=sum(writer.bytes_written for writer in self._writers),
            encoded_by=self._writers[0].encoded_by,
        )

    def _assemble(self, index: Index) -> npt.NDArray[Any] | None:
        shifts = self._landings.shifts(index)
        if not shifts:
            return None
        block = self._grids[0].window(index)
        covered = shifts[0].target.clipped_to(block) == block
        pixels = (np.empty if covered else np.zeros)(block.shape, dtype=self._dtype)
        to_block = tuple(-a for a in block.start)
        for reading, portion in self._landings.readings(index):
            outs = [pixels[landed.target.moved_by(to_block).slices] for landed in portion]
            if len(portion) == 1:
                self._put(outs[0], portion[0], partial(self._fill_one, reading))
                continue
            # Read tile by tile, but put in the plan's order: of overlapping ones the later is seen.
            read = [np.empty(landed.needed.shape, dtype=self._dtype) for landed in portion]
            needed = [landed.needed for landed in portion]
            self._reader.fill(reading, list(zip(read, needed, strict=True)))
            for out, landed, found in zip(outs, portion, read, strict=True):
                self._put(out, landed, partial(_copy_whole, found))
        return pixels

    def _fill_one(self, reading: Reading, out: npt.NDArray[Any], window: Window) -> None:
        self._reader.fill(reading, [(out, window)])

    def _put(
        self,
        out: npt.NDArray[Any],
        landed: Landed,
        read: Callable[[npt.NDArray[Any], Window], None],
    ) -> None:
        if landed.shift.is_whole:
            read(out, landed.origin)
        else:
            taps = shift_taps(landed.shift, self._interpolation)
            copy_between(read, out, landed.origin, taps, self._grids[0].shape)


def _copy_whole(found: npt.NDArray[Any], out: npt.NDArray[Any], _: Window) -> None:
    out[...] = found
