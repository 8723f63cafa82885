"""One pass over the data: every block is read, shifted, written, and reduced to all levels."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from tasks.pixels.blocks import Index, depth_first, pyramid_grids
from tasks.pixels.pending import PendingLevel
from tasks.pixels.source import TileReader
from tasks.pixels.target import LevelWriter
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Frozen, Shift, Window

BLOCKS_AHEAD = 2
"""Blocks under way per worker: no block starts before all but this many per worker are done, so
that one slow block cannot let unfinished coarser blocks pile up."""


class WrittenPixels(Frozen):
    """What writing one pyramid took."""

    chunks_decoded: int
    """Source chunks decoded, counting one that was decoded again."""
    chunks_written: int
    """Chunks (shards, where there are shards) encoded and written, over all levels."""
    chunks_carried: int
    """Chunks (shards) whose file was copied as it is, because nothing in them moved."""
    chunks_empty: int
    """Chunks (shards) that hold the fill value only and were not written."""
    bytes_written: int
    """Bytes of the written chunks, before compression."""


def write_pyramid(
    pyramid: Pyramid,
    source: Path,
    staged: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> WrittenPixels:
    """Write every region's pixels from its source to its target window, at all levels.

    What no region covers is zero. Where targets overlap, the later shift wins. Each chunk of each
    level is encoded once; levels are never read back.

    Args:
        pyramid: The image or label, and its shifts in level-0 pixels.
        source: Root of the image to read.
        staged: Root of the staged image: the arrays' metadata must be there, their chunks not.
        workers: Blocks worked on at a time.
        progress: Called with blocks done and blocks in all, from one thread.

    Returns:
        Counts of chunks read and written.

    Raises:
        DamagedChunkError: A source chunk cannot be decoded; names the array and the chunk.
        OSError: A chunk cannot be read or written.
    """
    writing = _Writing(pyramid, source, staged)
    order = writing.order
    under_way: deque[Future[None]] = deque()
    done = 0
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="blocks") as pool:
        try:
            for index in order:
                if len(under_way) >= BLOCKS_AHEAD * workers:
                    under_way.popleft().result()
                    done += 1
                    if progress is not None:
                        progress(done, len(order))
                under_way.append(pool.submit(writing.write_block, index))
            for future in under_way:
                future.result()
                done += 1
                if progress is not None:
                    progress(done, len(order))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return writing.counts()


class _Writing:
    """The state that the workers of one pyramid share."""

    def __init__(self, pyramid: Pyramid, source: Path, staged: Path) -> None:
        finest = pyramid.levels[0]
        self._dtype = np.dtype(finest.dtype)
        self._grids = pyramid_grids(pyramid)
        self.order = depth_first(self._grids)
        self._writers = [LevelWriter(source, staged, level) for level in pyramid.levels]
        self._pending = [
            PendingLevel(larger, grid, self._dtype, pyramid.resampling)
            for larger, grid in itertools.pairwise(self._grids)
        ]
        self._landing: dict[Index, list[Shift]] = defaultdict(list)
        uses: Counter[Index] = Counter()
        for shift in pyramid.shifts:
            for index in self._grids[0].touching(shift.target):
                self._landing[index].append(shift)
                _, origin = self._landed(index, shift)
                uses.update(self._grids[0].touching(origin))
        path = source / finest.path
        self._reader = TileReader(zarr.open_array(path, mode="r"), path, self._grids[0], uses)

    def write_block(self, index: Index) -> None:
        """Assemble one block of the finest level, write it, and pass it on to the coarser ones."""
        block = self._grids[0].window(index)
        pixels = self._assemble(index)
        self._writers[0].write(block, pixels, lambda unit: self._is_unmoved(index, unit))
        self._pass_on(0, block, pixels)

    def counts(self) -> WrittenPixels:
        return WrittenPixels(
            chunks_decoded=self._reader.chunks_decoded,
            chunks_written=sum(writer.units_written for writer in self._writers),
            chunks_carried=sum(writer.units_carried for writer in self._writers),
            chunks_empty=sum(writer.units_empty for writer in self._writers),
            bytes_written=sum(writer.bytes_written for writer in self._writers),
        )

    def _landed(self, index: Index, shift: Shift) -> tuple[Window, Window]:
        """Return where a shift lands in a block, and where those pixels come from."""
        target = shift.target.clipped_to(self._grids[0].window(index))
        return target, target.moved_by(tuple(-d for d in shift.offset))

    def _assemble(self, index: Index) -> npt.NDArray[Any] | None:
        shifts = self._landing.get(index)
        if not shifts:
            return None
        block = self._grids[0].window(index)
        pixels = np.zeros(block.shape, dtype=self._dtype)
        for shift in shifts:
            target, origin = self._landed(index, shift)
            into = target.moved_by(tuple(-a for a in block.start))
            self._reader.copy_into(pixels[into.slices], origin)
        return pixels

    def _is_unmoved(self, index: Index, unit: Window) -> bool:
        """Return whether the last shift that touches a unit covers it whole and moves nothing."""
        touching = [
            shift
            for shift in self._landing.get(index, [])
            if not shift.target.clipped_to(unit).is_empty
        ]
        if not touching or not touching[-1].is_identity:
            return False
        return touching[-1].target.clipped_to(unit) == unit

    def _pass_on(self, level: int, window: Window, pixels: npt.NDArray[Any] | None) -> None:
        if level < len(self._pending):
            for coarser, reduced in self._pending[level].add(window, pixels):
                self._writers[level + 1].write(coarser, reduced)
                self._pass_on(level + 1, coarser, reduced)
