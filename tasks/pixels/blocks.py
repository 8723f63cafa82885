"""How a pyramid level is cut into blocks, each owned by one writer, and in which order they go."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window

BLOCK_BYTES = 8 * 2**20
"""Blocks of small chunks grow up to this size: below it the cost of each call shows, above it
only memory grows (measured; see the benchmarks)."""

TILE_BYTES = 2**20
"""Of larger blocks, chunks are read in groups of up to this size: what a block does not need of the
groups at its edge is little, and what each call costs does not show."""

Index = tuple[int, ...]


@dataclass(frozen=True)
class BlockGrid:
    """A regular grid of blocks over an array; the last block of an axis may be cut short."""

    shape: tuple[int, ...]
    block: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(math.ceil(n / b) for n, b in zip(self.shape, self.block, strict=True))

    def window(self, index: Index) -> Window:
        """Return the pixels of one block."""
        start = tuple(i * b for i, b in zip(index, self.block, strict=True))
        stop = tuple(min(a + b, n) for a, b, n in zip(start, self.block, self.shape, strict=True))
        return Window(start=start, stop=stop)

    def touching(self, window: Window) -> Iterator[Index]:
        """Yield the blocks that hold at least one pixel of a window."""
        if window.is_empty:
            return
        yield from itertools.product(
            *(
                range(a // b, (z - 1) // b + 1)
                for a, z, b in zip(window.start, window.stop, self.block, strict=True)
            )
        )

    def count_touching(self, window: Window) -> int:
        """Return how many blocks hold at least one pixel of a window."""
        if window.is_empty:
            return 0
        return math.prod(
            (z - 1) // b - a // b + 1
            for a, z, b in zip(window.start, window.stop, self.block, strict=True)
        )


def block_grid(level: Level, smaller: Level | None) -> BlockGrid:
    """Return the grid of a level: whole write units, and whole groups of the next level's pixels.

    Args:
        level: The level to be cut.
        smaller: The level made from it, or None for the last. Where an axis divides into it
            without rest, no group of pixels that becomes one pixel straddles two blocks.
    """
    factors = [1] * len(level.shape)
    if smaller is not None:
        factors = [
            n // m if n % m == 0 else 1 for n, m in zip(level.shape, smaller.shape, strict=True)
        ]
    block = [
        min(math.lcm(unit, factor), max(n, 1))
        for unit, factor, n in zip(level.write_unit, factors, level.shape, strict=True)
    ]
    grown = _grow(block, level, BLOCK_BYTES)
    return BlockGrid(shape=level.shape, block=grown)


def tile_grid(level: Level, blocks: BlockGrid) -> BlockGrid:
    """Return the tiles in which a level is read: its blocks, or a few chunks where these are large.

    Args:
        level: The level to be read.
        blocks: The grid in which it is written: large where its shards are.
    """
    if math.prod(blocks.block) * np.dtype(level.dtype).itemsize <= BLOCK_BYTES:
        return blocks
    chunk = [min(c, max(n, 1)) for c, n in zip(level.chunks, level.shape, strict=True)]
    return BlockGrid(shape=level.shape, block=_grow(chunk, level, min(TILE_BYTES, BLOCK_BYTES)))


def _grow(block: list[int], level: Level, most: int) -> tuple[int, ...]:
    """Double the block while it stays small: y and x in turn, then the other axes from the last."""
    shape, itemsize = level.shape, np.dtype(level.dtype).itemsize
    planes = len(block) - 2
    while True:
        open_axes = [axis for axis, b in enumerate(block) if b < shape[axis]]
        if not open_axes or 2 * math.prod(block) * itemsize > most:
            return tuple(block)
        in_plane = [axis for axis in open_axes if axis >= planes]
        axis = min(in_plane, key=lambda a: block[a]) if in_plane else open_axes[-1]
        block[axis] = min(2 * block[axis], shape[axis])


def pyramid_grids(pyramid: Pyramid) -> tuple[BlockGrid, ...]:
    """Return the grid of every level, finest first."""
    smaller = [*pyramid.levels[1:], None]
    return tuple(
        block_grid(level, below) for level, below in zip(pyramid.levels, smaller, strict=True)
    )


def depth_first(grids: tuple[BlockGrid, ...], shifts: Sequence[Shift] = ()) -> list[Index]:
    """Order the finest level's blocks so that every coarser block is completed early.

    Blocks of one coarsest block come together, within it those of one block of the level above,
    and so on: the Z-order of a quadtree, for any chunk grid. Few unfinished blocks wait at a time.

    A shifted block is made from the source's block at its own place and from edges of neighbours.
    Along each axis blocks come in the direction of the shifts, so that these neighbours have been
    decoded for their own place before, and only their edges had to be kept.

    Args:
        grids: Of every level, finest first.
        shifts: What moves; blocks go backwards along an axis where moves backwards prevail.
    """
    finest = grids[0]
    signs = [
        -1 if sum(shift.offset[axis] for shift in shifts) < 0 else 1
        for axis in range(len(finest.shape))
    ]

    def path(index: Index) -> tuple[Index, ...]:
        start = [i * b for i, b in zip(index, finest.block, strict=True)]
        return tuple(
            tuple(
                sign * (a * m // n // b)
                for sign, a, n, m, b in zip(
                    signs, start, finest.shape, grid.shape, grid.block, strict=True
                )
            )
            for grid in reversed(grids)
        )

    return sorted(itertools.product(*(range(n) for n in finest.counts)), key=path)
