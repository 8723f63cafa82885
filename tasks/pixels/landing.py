"""Which regions land in a block of the finest level, and what is read of the source for them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tasks.pixels.blocks import BLOCK_BYTES, BlockGrid, Index
from tasks.pixels.tiles import Reading
from tasks.plan.interpolation import reach, shift_taps
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Shift, Window

_BLOCKS_REMEMBERED = 64


def portion_bytes(tile_bytes: int) -> int:
    """Return how much of the source is read at one time for a block, where many regions land."""
    return max(BLOCK_BYTES, tile_bytes)


class Landed(NamedTuple):
    """The part of a region that lands in a block."""

    shift: Shift
    target: Window
    origin: Window
    """Where the pixels would be read if they moved by whole pixels."""
    needed: Window
    """The source's pixels that it is made from: its own, and where they are weighed, a margin."""


class Landings:
    """Finds the regions of each block without looking at the others."""

    def __init__(self, pyramid: Pyramid, grid: BlockGrid, tiles: BlockGrid) -> None:
        """Go once over all regions and the blocks that each of them touches.

        Args:
            pyramid: The image or label, and its shifts.
            grid: Blocks of its finest level.
            tiles: Tiles in which its source is read.
        """
        self._grid = grid
        self._tiles = tiles
        self._interpolation = pyramid.interpolation
        itemsize = np.dtype(pyramid.levels[0].dtype).itemsize
        self._most_pixels = portion_bytes(math.prod(tiles.block) * itemsize) // itemsize
        self._shifts: dict[Index, list[Shift]] = defaultdict(list)
        for shift in pyramid.shifts:
            for index in grid.touching(shift.target):
                window = grid.window(index)
                if shift.target.clipped_to(window) == window:
                    # What lies below it is not seen.
                    self._shifts[index].clear()
                self._shifts[index].append(shift)
        self._needs_of_block = lru_cache(_BLOCKS_REMEMBERED)(self._find_needs)

    def shifts(self, index: Index) -> list[Shift]:
        """Return the shifts that are seen in a block, in the plan's order."""
        return self._shifts.get(index, [])

    def readings(self, index: Index) -> Iterator[tuple[Reading, list[Landed]]]:
        """Yield what lands in a block, in the plan's order, in portions to be read at one time.

        A portion has the size of a tile or a small block, or is a single region: what is read of
        the source for it may wait in memory.
        """
        portion: list[Landed] = []
        size = number = 0
        for shift in self.shifts(index):
            landed = self._landed(index, shift)
            pixels = math.prod(landed.needed.shape)
            if portion and size + pixels > self._most_pixels:
                yield (index, number), portion
                portion, size, number = [], 0, number + 1
            portion.append(landed)
            size += pixels
        if portion:
            yield (index, number), portion

    def users(self) -> dict[Index, set[Reading]]:
        """Return the readings that need pixels of each tile."""
        found: dict[Index, set[Reading]] = defaultdict(set)
        for index in self._shifts:
            for reading, portion in self.readings(index):
                for landed in portion:
                    for tile in self._tiles.touching(landed.needed):
                        found[tile].add(reading)
        return found

    def needs(self, reading: Reading) -> dict[Index, Window]:
        """Return the tiles that a reading needs, and the box of the source it needs of each."""
        return self._needs_of_block(reading[0])[reading]

    def _find_needs(self, index: Index) -> dict[Reading, dict[Index, Window]]:
        found: dict[Reading, dict[Index, Window]] = {}
        for reading, portion in self.readings(index):
            boxes = found[reading] = {}
            for landed in portion:
                for tile in self._tiles.touching(landed.needed):
                    part = landed.needed.clipped_to(self._tiles.window(tile))
                    boxes[tile] = boxes[tile].enclosing(part) if tile in boxes else part
        return found

    def _landed(self, index: Index, shift: Shift) -> Landed:
        target = shift.target.clipped_to(self._grid.window(index))
        origin = target.moved_by(tuple(-d for d in shift.offset))
        around = reach(origin, shift_taps(shift, self._interpolation))
        needed = around.clipped_to(Window.whole(self._grid.shape))
        return Landed(shift, target, origin, needed)
