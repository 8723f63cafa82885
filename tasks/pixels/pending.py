"""Blocks of the coarser levels that wait for their pixels to come from the level below."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.resample import Axis, Resampling, needed_pixels, reduce_block
from tasks.plan.window import Window


@dataclass(frozen=True)
class Finished:
    """A block of a level with all its pixels."""

    window: Window
    """In the level's pixels."""
    pixels: npt.NDArray[Any] | None
    """None where all are zero."""
    unmoved: bool
    """Whether all the pixels that it is made from lie where they lay in the source."""


@dataclass
class _Waiting:
    pixels: npt.NDArray[Any] | None
    missing: int
    unmoved: bool = True


class PendingLevel:
    """One level being made from the next larger one, block by block, in any order.

    Where every axis divides without rest, arriving blocks are reduced at once and wait in their
    small form. Elsewhere a pixel may need neighbours from two blocks: then the larger level's
    pixels wait, with their margin, until all have come.
    """

    def __init__(
        self, larger: BlockGrid, grid: BlockGrid, dtype: np.dtype[Any], resampling: Resampling
    ) -> None:
        """Prepare a level.

        Args:
            larger: Blocks of the level that this one is made from.
            grid: Blocks of this level.
            dtype: Of both.
            resampling: `linear` for images, `nearest` for labels.
        """
        self._larger = larger
        self._grid = grid
        self._dtype = dtype
        self._resampling = resampling
        self._axes = tuple(Axis(n, m) for n, m in zip(larger.shape, grid.shape, strict=True))
        self._divides = all(axis.factor is not None for axis in self._axes)
        self._lock = threading.Lock()
        self._waiting: dict[Index, _Waiting] = {}

    def needed(self, window: Window) -> Window:
        """Return the larger level's pixels that a window of this level is made from."""
        return needed_pixels(self._axes, window)

    def waiting_bytes(self, window: Window) -> int:
        """Return the memory that one unfinished block of this level holds, in bytes."""
        held = window if self._divides else self.needed(window)
        return math.prod(held.shape) * self._dtype.itemsize

    def fed_by(self, window: Window) -> list[Index]:
        """Return this level's blocks that need pixels of a window of the larger level."""
        around = []
        for axis, a, b in zip(self._axes, window.start, window.stop, strict=True):
            ratio = axis.reduced / axis.size
            # One pixel of margin on each side, then the exact test below.
            low = max(int(a * ratio) - 2, 0)
            high = min(int(b * ratio) + 3, axis.reduced)
            around.append((low, high))
        candidates = self._grid.touching(
            Window(start=tuple(a for a, _ in around), stop=tuple(b for _, b in around))
        )
        return [
            index
            for index in candidates
            if not window.clipped_to(self.needed(self._grid.window(index))).is_empty
        ]

    def add(self, larger: Finished) -> list[Finished]:
        """Hand over a finished block of the larger level; return the blocks that it completes.

        Each block of this level is returned once, to one caller.
        """
        completed = []
        for index in self.fed_by(larger.window):
            target = self._grid.window(index)
            needed = self.needed(target)
            if larger.pixels is not None:
                self._place(index, target, needed, larger.window, larger.pixels)
            with self._lock:
                waiting = self._entry(index, needed)
                waiting.missing -= 1
                waiting.unmoved &= larger.unmoved
                if waiting.missing:
                    continue
                del self._waiting[index]
            pixels = self._finished(waiting.pixels, needed, target)
            completed.append(Finished(target, pixels, waiting.unmoved))
        return completed

    def _entry(self, index: Index, needed: Window) -> _Waiting:
        if index not in self._waiting:
            self._waiting[index] = _Waiting(None, self._larger.count_touching(needed))
        return self._waiting[index]

    def _buffer(self, index: Index, needed: Window, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        with self._lock:
            waiting = self._entry(index, needed)
            if waiting.pixels is None:
                waiting.pixels = np.zeros(shape, dtype=self._dtype)
            return waiting.pixels

    def _place(
        self,
        index: Index,
        target: Window,
        needed: Window,
        window: Window,
        pixels: npt.NDArray[Any],
    ) -> None:
        part = window.clipped_to(needed)
        cut = pixels[part.moved_by(tuple(-a for a in window.start)).slices]
        if not self._divides:
            buffer = self._buffer(index, needed, needed.shape)
            buffer[part.moved_by(tuple(-a for a in needed.start)).slices] = cut
            return
        factors = [axis.factor or 1 for axis in self._axes]
        start = tuple(a // f for a, f in zip(part.start, factors, strict=True))
        stop = tuple(b // f for b, f in zip(part.stop, factors, strict=True))
        landing = Window(start=start, stop=stop)
        small = reduce_block(cut, self._axes, part.start, landing, self._resampling)
        into = landing.moved_by(tuple(-a for a in target.start))
        self._buffer(index, needed, target.shape)[into.slices] = small

    def _finished(
        self, pixels: npt.NDArray[Any] | None, needed: Window, target: Window
    ) -> npt.NDArray[Any] | None:
        if pixels is None or self._divides:
            return pixels
        return reduce_block(pixels, self._axes, needed.start, target, self._resampling)
