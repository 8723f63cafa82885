"""Pixels moved by a fraction of a pixel: each block gets what the whole image would give it.

Axis after axis, each value is a weighted sum of neighbouring pixels (`tasks.plan.interpolation` has
the weights); axes that move by whole pixels are not touched. A block is read with a margin of the
pixels that its edges need. Where these lie beyond the image, its edge pixel is repeated, as SciPy
does with `mode="nearest"`. Beyond a region, but inside the image, the image's own pixels count.

A missing (NaN) pixel makes every value missing that it takes part in, and no other; infinite pixels
follow floating-point arithmetic, in which infinity less infinity is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.pixels.cast import cast_rounded
from tasks.plan.interpolation import Taps, reach, shift_taps, working_type
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Window

Block = npt.NDArray[Any]

STRIP_BYTES = 2**19
"""Values weighed at a time: few enough to stay in the processor's cache (measured)."""

FEWEST_ROWS = 8
"""Rows of a strip at least: along y each strip weighs some rows that its neighbour weighs again."""

_SMALLER = 2.0**-8
"""Weights near the largest numbers are this much smaller: no sum of them overflows, and but for the
smallest numbers no digit changes."""

STRIPS_HELD = 5
"""Strips in memory at once: the sums before and after an axis, a product, two to round."""


def copy_between(
    read: Callable[[Block, Window], None],
    out: Block,
    window: Window,
    along: tuple[Taps, ...],
    shape: tuple[int, ...],
) -> None:
    """Fill an array with a window's pixels, moved by a fraction of a pixel.

    Args:
        read: Fills an array with the source's pixels in a window of the source.
        out: Array of the window's shape and the source's dtype. Integers are rounded half away from
            zero, and held to their dtype's range.
        window: Where the pixels would be read if they moved by whole pixels.
        along: Taps of each axis.
        shape: Of the source.
    """
    wanted = reach(window, along)
    there = wanted.clipped_to(Window.whole(shape))
    pixels = np.empty(wanted.shape, dtype=out.dtype)
    inner = there.moved_by(tuple(-a for a in wanted.start))
    read(pixels[inner.slices], there)
    _repeat_edges(pixels, inner)
    weighed = working_type(out.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for strip in _strips(out.shape, weighed.itemsize):
            part = pixels[reach(strip, tuple(Taps(0, axis.weights) for axis in along)).slices]
            values = _weigh(part, along, weighed)
            if out.dtype.kind == "f" and _overflows(part, values, weighed):
                values = _weigh(part, along, weighed, scale=_SMALLER) / weighed.type(_SMALLER)
            out[strip.slices] = cast_rounded(values, out.dtype)


def planes_weighed(pyramid: Pyramid) -> int:
    """Return from how many planes a plane of the result is made at most."""
    return max((math.prod(widths[:-2]) for widths in _widths(pyramid)), default=1)


def margin_bytes(pyramid: Pyramid, block: tuple[int, ...]) -> int:
    """Return the memory that `copy_between` takes for a block beside its result, in bytes."""
    dtype = np.dtype(pyramid.levels[0].dtype)
    weighed = working_type(dtype).itemsize
    largest = 0
    for widths in _widths(pyramid):
        read = math.prod(n + width - 1 for n, width in zip(block, widths, strict=True))
        rows = _rows(block, weighed) + widths[-2] - 1
        strip = rows * (block[-1] + widths[-1] - 1) * weighed
        largest = max(largest, read * dtype.itemsize + STRIPS_HELD * strip)
    return largest


def _widths(pyramid: Pyramid) -> list[tuple[int, ...]]:
    """Return the taps per axis of each shift that moves by a fraction."""
    return [
        tuple(len(taps.weights) for taps in shift_taps(shift, pyramid.interpolation))
        for shift in pyramid.shifts
        if not shift.is_whole
    ]


def _rows(shape: tuple[int, ...], itemsize: int) -> int:
    return min(max(STRIP_BYTES // (shape[-1] * itemsize), FEWEST_ROWS), shape[-2])


def _strips(shape: tuple[int, ...], itemsize: int) -> Iterator[Window]:
    """Yield windows of some rows of one plane that together are the whole."""
    rows = _rows(shape, itemsize)
    for plane in np.ndindex(*shape[:-2]):
        after = tuple(n + 1 for n in plane)
        for first in range(0, shape[-2], rows):
            last = min(first + rows, shape[-2])
            yield Window(start=(*plane, first, 0), stop=(*after, last, shape[-1]))


def _weigh(
    pixels: Block, along: tuple[Taps, ...], weighed: np.dtype[Any], *, scale: float = 1.0
) -> Block:
    for axis, taps in enumerate(along):
        if len(taps.weights) > 1:
            weights = tuple(scale * weight for weight in taps.weights)
            pixels, scale = _weighted_sum(pixels, axis, weights, weighed), 1.0
    return pixels


def _overflows(pixels: Block, values: Block, weighed: np.dtype[Any]) -> bool:
    """Return whether a sum may have been infinite on its way to a value that is not."""
    if np.isfinite(values).all():
        return False
    largest = np.max(np.abs(pixels), initial=0, where=np.isfinite(pixels))
    return float(largest) > float(np.finfo(weighed).max) * _SMALLER


def _weighted_sum(
    pixels: Block, axis: int, weights: tuple[float, ...], weighed: np.dtype[Any]
) -> Block:
    """Weigh neighbours along one axis; it becomes shorter by the pixels that have too few."""
    count = pixels.shape[axis] - len(weights) + 1
    terms = (
        np.multiply(pixels[_cut(axis, first, first + count)], weight, dtype=weighed)
        for first, weight in enumerate(weights)
    )
    total: Block = next(terms)
    for term in terms:
        total += term
    return total


def _repeat_edges(pixels: Block, inner: Window) -> None:
    """Fill what lies around the inner window with the nearest of its pixels."""
    for axis, (first, last) in enumerate(zip(inner.start, inner.stop, strict=True)):
        pixels[_cut(axis, 0, first)] = pixels[_cut(axis, first, first + 1)]
        pixels[_cut(axis, last, None)] = pixels[_cut(axis, last - 1, last)]


def _cut(axis: int, first: int, last: int | None) -> tuple[slice, ...]:
    return (*(slice(None) for _ in range(axis)), slice(first, last))
