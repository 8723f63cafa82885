"""Blocks tile every level, hold whole write units, and come in an order that nests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.pixels.blocks import BLOCK_BYTES, BlockGrid, block_grid, depth_first
from tasks.plan.registration_plan import Level
from tasks.plan.window import Window


def level(shape: tuple[int, ...], chunks: tuple[int, ...], **extra: object) -> Level:
    return Level.model_validate(
        {"path": "0", "shape": shape, "chunks": chunks, "dtype": "uint16", **extra}
    )


@given(
    shape=st.lists(st.integers(1, 12), min_size=1, max_size=3).map(tuple),
    block=st.integers(1, 14),
)
def test_every_pixel_is_in_exactly_one_block(shape: tuple[int, ...], block: int) -> None:
    grid = BlockGrid(shape=shape, block=(block,) * len(shape))
    seen = np.zeros(shape, dtype=int)
    for index in np.ndindex(grid.counts):
        seen[grid.window(index).slices] += 1
    assert (seen == 1).all()


@given(start=st.integers(0, 39), length=st.integers(0, 40), block=st.integers(1, 17))
def test_touching_finds_the_blocks_with_a_pixel_of_the_window(
    start: int, length: int, block: int
) -> None:
    grid = BlockGrid(shape=(40,), block=(block,))
    window = Window(start=(start,), stop=(min(start + length, 40),))
    expected = {(pixel // block,) for pixel in range(*window.slices[0].indices(40))}
    assert set(grid.touching(window)) == expected
    assert grid.count_touching(window) == len(expected)


@pytest.mark.parametrize(
    ("shape", "chunks", "shards", "smaller", "reason"),
    [
        ((1, 4320, 5120), (1, 2160, 2560), None, (1, 2160, 2560), "a large chunk is a block"),
        ((1, 4096, 4096), (1, 64, 64), None, (1, 2048, 2048), "small chunks grow"),
        ((1, 3000, 3000), (1, 501, 501), None, (1, 1500, 1500), "odd chunks pair up for factor 2"),
        ((8, 512, 512), (1, 256, 256), None, (4, 256, 256), "planes pair up for factor 2 in z"),
        ((1, 8192, 8192), (1, 256, 256), (1, 4096, 4096), None, "a shard is never split"),
        ((1, 100, 100), (1, 256, 256), None, (1, 50, 50), "a chunk larger than the image"),
    ],
)
def test_blocks_are_whole_write_units_and_whole_groups(
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    shards: tuple[int, ...] | None,
    smaller: tuple[int, ...] | None,
    reason: str,
) -> None:
    below = level(smaller, chunks) if smaller else None
    grid = block_grid(level(shape, chunks, shards=shards), below)
    for axis, (n, b, unit) in enumerate(zip(shape, grid.block, shards or chunks, strict=True)):
        factor = n // smaller[axis] if smaller else 1
        assert b == n or (b % unit == 0 and b % factor == 0), reason


def test_small_chunks_grow_but_not_beyond_the_block_size() -> None:
    grid = block_grid(level((50, 4096, 4096), (1, 64, 64)), None)
    size = math.prod(grid.block) * 2
    assert BLOCK_BYTES / 2 < size <= BLOCK_BYTES


def test_tiny_planes_are_worked_many_at_a_time() -> None:
    assert block_grid(level((100, 64, 64), (1, 64, 64)), None).block == (100, 64, 64)


def test_depth_first_finishes_one_coarse_block_before_the_next() -> None:
    fine = BlockGrid(shape=(8, 8), block=(1, 1))
    coarse = BlockGrid(shape=(4, 4), block=(1, 1))
    coarsest = BlockGrid(shape=(2, 2), block=(1, 1))
    order = depth_first((fine, coarse, coarsest))
    assert sorted(order) == sorted(np.ndindex(8, 8))
    for size, side in ((4, 2), (16, 4)):
        for first in range(0, len(order), size):
            parents = {(y // side, x // side) for y, x in order[first : first + size]}
            assert len(parents) == 1
