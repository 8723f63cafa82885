"""One pyramid step on a block: the values that ngio gives the whole array, from a part of it.

The values are those of ngio's `consolidate(mode="numpy")`, that is of `scipy.ndimage.zoom` with
`grid_mode=True`: output pixel `i` samples its input at `(i + 0.5) * N / n - 0.5`, with two taps per
axis for `linear`, rounded half away from zero for integers, and the one at or after the middle for
`nearest`. Two differences are on purpose: labels never pass through floating point, so that every
id survives; and a pixel whose weight is zero does not count, while in SciPy an infinite or missing
(NaN) one spreads through it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tasks.pixels.cast import cast_rounded
from tasks.plan.window import Window

Resampling = Literal["linear", "nearest"]
Block = npt.NDArray[Any]

WIDEST_EXACT_SUM_BYTES = 4
"""Integers up to this size are averaged exactly as integers, larger ones in double like SciPy."""

_WIDEST_PAIRED = 2
"""Bytes; the sum of all pixels that become one must fit in twice as many: 2^8 of them do."""

STRIP_ROWS = 64
"""Rows averaged at a time (measured: a third faster than all at once)."""

STRIP_PIXELS = 2**17
"""Pixels averaged at a time, where there are as many in one row or less: what is summed in wider
numbers then stays small, whatever the block."""

STRIP_BYTES_PER_PIXEL = 40
"""Memory that averaging takes beside its result, for each pixel of a strip: two sums in double
precision, two more while they are rounded, and the pixels that are weighed."""


@dataclass(frozen=True)
class Axis:
    """How one axis shrinks from `size` pixels to `reduced` pixels."""

    size: int
    reduced: int

    @property
    def factor(self) -> int | None:
        """The whole number of pixels that become one, or None where sizes do not divide."""
        return self.size // self.reduced if self.size % self.reduced == 0 else None

    def _centers(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        # The very operations, in the very order, of SciPy's NI_ZoomShift: ties depend on them.
        index = np.arange(start, stop, dtype=np.float64)
        return (index + 0.5) * np.float64(self.size / self.reduced) - np.float64(0.5)

    def needed(self, start: int, stop: int) -> tuple[int, int]:
        """Return the input interval that output pixels `start` to `stop` are made from."""
        if self.factor is not None:
            return start * self.factor, stop * self.factor
        first, last = self._centers(start, start + 1)[0], self._centers(stop - 1, stop)[0]
        return int(np.floor(first)), min(int(np.floor(last)) + 2, self.size)

    def nearest(self, start: int, stop: int) -> npt.NDArray[np.intp]:
        """Return the input pixel of each output pixel."""
        if self.factor is not None:
            return np.arange(start, stop) * self.factor + self.factor // 2
        index = np.floor(self._centers(start, stop) + 0.5).astype(np.intp)
        return np.minimum(index, self.size - 1)

    def taps(
        self, start: int, stop: int
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        """Return, per output pixel, the two input pixels and the weight of the second."""
        centers = self._centers(start, stop)
        first = np.floor(centers)
        weight = centers - first
        index = first.astype(np.intp)
        return index, np.minimum(index + 1, self.size - 1), weight


def reduce_block(
    block: Block,
    axes: tuple[Axis, ...],
    origin: tuple[int, ...],
    target: Window,
    resampling: Resampling,
) -> Block:
    """Return a window of the next pyramid level.

    Args:
        block: Part of the larger level, holding at least the pixels that are needed.
        axes: Size before and after, per array axis.
        origin: Where the block begins in the larger level, per axis, in its pixels.
        target: The window to be made, in pixels of the smaller level.
        resampling: `linear` for images, `nearest` for labels.
    """
    if resampling == "nearest":
        return _nearest(block, axes, origin, target)
    exactly = _sums_exactly(block.dtype) and all(axis.factor is not None for axis in axes)
    average = _mean_of_middle if exactly else _linear
    out = np.empty(target.shape, dtype=block.dtype)
    for strip in _strips(target):
        needed = needed_pixels(axes, strip)
        part = block[needed.moved_by(tuple(-low for low in origin)).slices]
        into = strip.moved_by(tuple(-low for low in target.start))
        out[into.slices] = average(part, axes, needed.start, strip)
    return out


def needed_pixels(axes: tuple[Axis, ...], window: Window) -> Window:
    """Return the larger level's pixels that a window of the smaller one is made from."""
    intervals = [
        axis.needed(a, b) for axis, a, b in zip(axes, window.start, window.stop, strict=True)
    ]
    return Window(start=tuple(a for a, _ in intervals), stop=tuple(b for _, b in intervals))


def strip_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return how much of a block is averaged at a time: rows, and planes if these are small."""
    strip = [1] * len(shape)
    strip[-1] = shape[-1]
    most = STRIP_PIXELS // max(shape[-1], 1)
    for axis in reversed(range(len(shape) - 1)):
        rows = STRIP_ROWS if axis == len(shape) - 2 else most
        strip[axis] = max(min(shape[axis], rows, most), 1)
        most //= strip[axis]
    return tuple(strip)


def _strips(target: Window) -> Iterator[Window]:
    strip = strip_shape(target.shape)
    steps = [range(a, b, n) for a, b, n in zip(target.start, target.stop, strip, strict=True)]
    for start in itertools.product(*steps):
        stop = tuple(min(a + n, b) for a, n, b in zip(start, strip, target.stop, strict=True))
        yield Window(start=start, stop=stop)


def _sums_exactly(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" and dtype.itemsize <= WIDEST_EXACT_SUM_BYTES


def _every(block: Block, number: int, first: int, step: int, count: int) -> Block:
    """Return a view of `count` pixels along one axis, `step` pixels apart."""
    cut: list[slice] = [slice(None)] * block.ndim
    cut[number] = slice(first, first + (count - 1) * step + 1, step)
    return block[tuple(cut)]


def _along(number: int, chosen: npt.NDArray[np.bool_]) -> tuple[slice | npt.NDArray[np.bool_], ...]:
    """Return an index that selects positions of one axis, and all of the axes before it."""
    return (*(slice(None) for _ in range(number)), chosen)


def _nearest(
    block: Block,
    axes: tuple[Axis, ...],
    origin: tuple[int, ...],
    target: Window,
) -> Block:
    for number, (axis, low, a, b) in enumerate(
        zip(axes, origin, target.start, target.stop, strict=True)
    ):
        if axis.factor is not None:
            first = a * axis.factor + axis.factor // 2 - low
            block = _every(block, number, first, axis.factor, b - a)
        else:
            block = np.take(block, axis.nearest(a, b) - low, axis=number)
    return np.ascontiguousarray(block)


def _mean_of_middle(
    block: Block,
    axes: tuple[Axis, ...],
    origin: tuple[int, ...],
    target: Window,
) -> Block:
    """Average the middle pixels of every group exactly: two per axis of even factor, else one.

    Axis by axis in a wider integer, rounded once at the end, half away from zero.
    """
    halved = []
    for number, (axis, low, a, b) in enumerate(
        zip(axes, origin, target.start, target.stop, strict=True)
    ):
        factor = axis.factor or 1
        first = a * factor + (factor - 1) // 2 - low
        if factor % 2:
            block = _every(block, number, first, factor, b - a)
        else:
            block = _every(block, number, first, 1, (b - a - 1) * factor + 2)
            halved.append((number, factor, b - a))
    if not halved:
        return block
    wide = np.dtype(f"{block.dtype.kind}{max(4, 2 * block.dtype.itemsize)}")
    total = block
    # The last axis first: neighbours in memory are added faster than pixels of two rows.
    for number, factor, count in reversed(halved):
        if number == block.ndim - 1 and block.shape[-1] == 2 * count and _has_wider(block):
            total = _sum_pairs(block)
        else:
            one = _every(total, number, 0, factor, count)
            other = _every(total, number, 1, factor, count)
            total = np.add(one, other, dtype=wide if total is block else total.dtype)
    if wide.kind == "i":
        # Adding the sign bit (-1 for negatives) makes the shift round half away from zero.
        total += total >> (8 * wide.itemsize - 1)
    total += 1 << (len(halved) - 1)
    total >>= len(halved)
    return total


def _has_wider(block: Block) -> bool:
    """Return whether two neighbours along the last axis can be seen as one wider integer."""
    dtype, step = block.dtype, block.strides[-1]
    plain = dtype.kind == "u" and dtype.isnative and dtype.itemsize <= _WIDEST_PAIRED
    return plain and step == dtype.itemsize


def _sum_pairs(block: Block) -> Block:
    """Add neighbours along the last axis: the halves of integers twice as wide.

    Averaging takes half the time (measured): no pixel is converted or skipped.
    """
    bits = 8 * block.dtype.itemsize
    pairs = block.view(f"u{2 * block.dtype.itemsize}")
    total: Block = pairs & ((1 << bits) - 1)
    total += pairs >> bits
    return total


def _linear(
    block: Block,
    axes: tuple[Axis, ...],
    origin: tuple[int, ...],
    target: Window,
) -> Block:
    """Sample between two taps per axis in double, summed in SciPy's order of corners."""
    taps = [axis.taps(a, b) for axis, a, b in zip(axes, target.start, target.stop, strict=True)]
    total = np.zeros(target.shape, dtype=np.float64)
    # An axis whose weights are all zero has one tap: its second corner would add nothing.
    corners = [(0, 1) if weight.any() else (0,) for _, _, weight in taps]
    for corner in itertools.product(*corners):
        value = block
        for number, (axis, tap, side, low) in enumerate(
            zip(axes, taps, corner, origin, strict=True)
        ):
            index = np.asarray(tap[side] - low, dtype=np.intp)
            if axis.factor is not None:
                value = _every(value, number, int(index[0]), axis.factor, len(index))
            else:
                value = np.take(value, index, axis=number)
        weighted = value.astype(np.float64)
        for number, ((_, _, weight), side) in enumerate(zip(taps, corner, strict=True)):
            along = weight if side else 1.0 - weight
            # Not even an infinite pixel counts where it has no weight.
            weighted[_along(number, along == 0.0)] = 0.0
            weighted *= along.reshape([-1 if axis == number else 1 for axis in range(block.ndim)])
        total += weighted
    if block.dtype.kind == "b":
        # As SciPy casts: only a whole one is true.
        return total >= 1.0
    return cast_rounded(total, block.dtype)
