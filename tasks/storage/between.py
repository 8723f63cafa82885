"""Interpolated pixels worked out a second time, in the plainest way, to check a sample of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.plan.interpolation import Taps, reach, shift_taps, working_type
from tasks.plan.registration_plan import Pyramid
from tasks.plan.window import Window

_LONGEST = 128
"""Pixels per axis that are looked at: in double, a whole chunk would take much memory."""

_ROUNDINGS = 16
"""Floating-point roundings that a value may have gone through, each of half a last digit."""

Values = NDArray[np.float64]


def holds_interpolated(
    new: zarr.Array[Any], old: zarr.Array[Any], pyramid: Pyramid, window: Window
) -> bool:
    """Return whether a window's middle is what the shifts make of the source, rounding apart.

    Args:
        new: The staged array.
        old: The source's.
        pyramid: Says which regions move, by how much and how.
        window: In pixels of the staged array.
    """
    middle = _middle(window)
    expected = _expected(old, pyramid, middle)
    found = np.asarray(new[middle.slices])
    allowed, digits = 0.0, [np.finfo(working_type(found.dtype)).eps]
    if found.dtype.kind in "iu":
        bounds = np.iinfo(found.dtype)
        expected = np.clip(expected, float(bounds.min), float(bounds.max))
        allowed = 0.5
    else:
        digits.append(np.finfo(found.dtype).eps)
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0))
    allowed += _ROUNDINGS * float(max(digits)) * largest
    return np.allclose(
        found.astype(np.float64),
        expected,
        rtol=0.0,
        atol=allowed,
        equal_nan=found.dtype.kind == "f",
    )


def _middle(window: Window) -> Window:
    shape = tuple(min(n, _LONGEST) for n in window.shape)
    start = tuple(
        a + (n - m) // 2 for a, n, m in zip(window.start, window.shape, shape, strict=True)
    )
    return Window(start=start, stop=tuple(a + n for a, n in zip(start, shape, strict=True)))


def _expected(source: zarr.Array[Any], pyramid: Pyramid, window: Window) -> Values:
    pixels = np.zeros(window.shape, dtype=np.float64)
    to_window = tuple(-first for first in window.start)
    for shift in pyramid.shifts:
        landed = shift.target.clipped_to(window)
        if not landed.is_empty:
            read = landed.moved_by(tuple(-step for step in shift.offset))
            moved = _between(source, read, shift_taps(shift, pyramid.interpolation))
            pixels[landed.moved_by(to_window).slices] = moved
    return pixels


def _between(source: zarr.Array[Any], window: Window, along: tuple[Taps, ...]) -> Values:
    """Gather the pixel of each tap, the nearest one beyond the array's edge, and weigh them."""
    there = reach(window, along).clipped_to(Window.whole(source.shape))
    pixels = np.asarray(source[there.slices], dtype=np.float64)
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
