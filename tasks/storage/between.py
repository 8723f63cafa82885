"""Interpolated pixels worked out a second time, in the plainest way, to check a sample of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.plan.interpolation import Taps, reach, shift_taps, working_type
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Window
from tasks.storage.codec_loss import codec_loss

_LONGEST = 128
"""Pixels per axis that are looked at: in double, a whole chunk would take much memory."""

_ROUNDINGS = 16
"""Floating-point roundings that a value may have gone through, each of half a last digit."""

_SCALE = 2.0**-8
"""Floating-point pixels are compared this much smaller: then no sum of them overflows here."""

Values = NDArray[np.float64]


def holds_interpolated(
    new: zarr.Array[Any], old: zarr.Array[Any], pyramid: Pyramid, window: Window, folder: Path
) -> bool:
    """Return whether a window's middle is what the shifts make of the source, rounding apart.

    A value beyond the largest floating-point number is infinite.

    Args:
        new: The staged array.
        old: The source's.
        pyramid: Says which regions move, by how much and how.
        window: In pixels of the staged array.
        folder: Of the staged array, whose codecs may be lossy.
    """
    middle = _middle(window)
    expected = _expected(old, pyramid, middle)
    pixels = np.asarray(new[middle.slices])
    found = pixels.astype(np.float64)
    dtype = pixels.dtype
    precise = float(np.finfo(working_type(dtype)).eps)
    allowed = 0.0
    beyond = np.zeros(found.shape, dtype=np.bool_)
    if dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        expected = np.clip(expected, float(bounds.min), float(bounds.max))
        allowed = 0.5
    else:
        precise = max(precise, float(np.finfo(dtype).eps))
        limit = float(np.finfo(dtype).max) * _SCALE * (1 - _ROUNDINGS * precise)
        beyond = np.isinf(found) & (np.abs(expected) >= limit)
        beyond &= np.sign(found) == np.sign(expected)
        found *= _SCALE
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
    allowed += _ROUNDINGS * precise * largest

    def agree(off: float) -> bool:
        close = np.isclose(found, expected, rtol=0.0, atol=off, equal_nan=dtype.kind == "f")
        return bool((close | beyond).all())

    if agree(allowed):
        return True
    loss = codec_loss(folder, _as_pixels(expected, dtype))
    return loss > 0 and agree(allowed + (loss if dtype.kind in "iu" else loss * _SCALE))


def _as_pixels(expected: Values, dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind in "iu":
        return np.rint(expected).astype(dtype)
    with np.errstate(over="ignore"):
        return (expected / _SCALE).astype(dtype)


def _middle(window: Window) -> Window:
    shape = tuple(min(n, _LONGEST) for n in window.shape)
    start = tuple(
        a + (n - m) // 2 for a, n, m in zip(window.start, window.shape, shape, strict=True)
    )
    return Window(start=start, stop=tuple(a + n for a, n in zip(start, shape, strict=True)))


def _expected(source: zarr.Array[Any], pyramid: Pyramid, window: Window) -> Values:
    """Return the weighted sums, those of floating-point pixels scaled down."""
    pixels = np.zeros(window.shape, dtype=np.float64)
    to_window = tuple(-first for first in window.start)
    for shift in pyramid.shifts:
        landed = shift.target.clipped_to(window)
        if not landed.is_empty:
            read = landed.moved_by(tuple(-step for step in shift.offset))
            along = shift_taps(shift, pyramid.interpolation)
            moved = _between(source, read, along)
            pixels[landed.moved_by(to_window).slices] = moved
    return pixels


def _between(source: zarr.Array[Any], window: Window, along: tuple[Taps, ...]) -> Values:
    """Gather the pixel of each tap, the nearest one beyond the array's edge, and weigh them."""
    there = reach(window, along).clipped_to(Window.whole(source.shape))
    pixels = np.asarray(source[there.slices], dtype=np.float64)
    if source.dtype.kind == "f":
        pixels *= _SCALE
    for axis, taps in enumerate(along):
        first, last = there.start[axis], there.stop[axis] - 1
        places = np.arange(window.start[axis], window.stop[axis]) + taps.first
        gathered = [
            np.take(pixels, np.clip(places + n, first, last) - first, axis=axis)
            for n in range(len(taps.weights))
        ]
        with np.errstate(invalid="ignore"):
            pixels = np.tensordot(np.array(taps.weights), np.stack(gathered), axes=1)
    return pixels
