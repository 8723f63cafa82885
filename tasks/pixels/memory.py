"""How much memory writing a plan's pixels takes at its peak, computed before anything is written.

The bound counts pixels in flight, not the interpreter and its libraries. It depends on block size,
workers and how blocks of neighbouring levels overlap, not on how much is to be written. Pixels are
counted in their own type, and in the wider one that they are averaged or weighed in where they are.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from tasks.pixels.blocks import depth_first, pyramid_grids, tile_grid
from tasks.pixels.interpolate import margin_bytes, planes_weighed
from tasks.pixels.landing import portion_bytes
from tasks.pixels.pending import PendingLevel
from tasks.pixels.resample import STRIP_BYTES_PER_PIXEL, strip_shape
from tasks.pixels.schedule import AHEAD
from tasks.pixels.source import cache_bytes
from tasks.plan.registration_plan import Pyramid, RegistrationPlan

BLOCKS_PER_WORKER = 6
"""Blocks' worth of memory one worker takes: the assembled block, what becomes the next level, two
for encoding, two for what a codec or zarr's own pipeline copies on the way (measured: 3 to 5)."""


def peak_memory_bytes(plan: RegistrationPlan, workers: int) -> int:
    """Return an upper bound of the memory that the plan's pixels take at any time, in bytes.

    Args:
        plan: What will be written; image and labels are written one after the other.
        workers: Blocks worked on at a time.
    """
    moved = [pyramid for pyramid in (plan.image, *plan.labels) if pyramid.shifts]
    return max((pyramid_memory_bytes(pyramid, workers) for pyramid in moved), default=0)


def pyramid_memory_bytes(pyramid: Pyramid, workers: int) -> int:
    """Return an upper bound of the memory that writing one pyramid takes, in bytes."""
    grids = pyramid_grids(pyramid)
    finest, itemsize = grids[0], np.dtype(pyramid.levels[0].dtype).itemsize
    tile = math.prod(tile_grid(pyramid.levels[0], finest).block) * itemsize
    block = math.prod(finest.block) * itemsize
    everything = math.prod(finest.shape) * itemsize
    room = cache_bytes(block, tile, planes_weighed(pyramid))
    largest = max(math.prod(grid.block) for grid in grids) * itemsize
    each = (
        BLOCKS_PER_WORKER * largest
        + margin_bytes(pyramid, finest.block)
        + (portion_bytes(tile) if len(pyramid.shifts) > 1 else 0)
        + max(math.prod(strip_shape(grid.block)) for grid in grids) * STRIP_BYTES_PER_PIXEL
    )
    return (
        min(room + workers * tile, everything) + workers * each + _waiting_bytes(pyramid, workers)
    )


def _waiting_bytes(pyramid: Pyramid, workers: int) -> int:
    """Return what unfinished blocks of all coarser levels hold at most, by playing the order."""
    grids = pyramid_grids(pyramid)
    dtype = np.dtype(pyramid.levels[0].dtype)
    late = AHEAD * workers
    finished = {index: step for step, index in enumerate(depth_first(grids, pyramid.shifts))}
    changes: dict[int, int] = {}
    for larger, grid in itertools.pairwise(grids):
        pending = PendingLevel(larger, grid, dtype, pyramid.resampling)
        opened: dict[tuple[int, ...], int] = {}
        closed: dict[tuple[int, ...], int] = {}
        for index, step in finished.items():
            for fed in pending.fed_by(larger.window(index)):
                opened[fed] = min(opened.get(fed, step), step)
                closed[fed] = max(closed.get(fed, step), step)
        for index, step in opened.items():
            size = pending.waiting_bytes(grid.window(index))
            changes[step] = changes.get(step, 0) + size
            end = closed[index] + late
            changes[end] = changes.get(end, 0) - size
        finished = closed
    held = peak = 0
    for step in sorted(changes):
        held += changes[step]
        peak = max(peak, held)
    return peak
