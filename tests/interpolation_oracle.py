"""Pixels moved by a fraction of a pixel, worked out a second time: SciPy, and Keys' own formula.

Nothing of the project is used here. Whole arrays are in memory, in double, not rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tests.plate_pixels import Array

Kind = Literal["linear", "cubic"]

Values = NDArray[np.float64]


def moved(pixels: Array, move: Sequence[float], kind: Kind) -> Values:
    """Return what an image shows after a move in pixels per axis, its edge pixels repeated."""
    if kind == "linear":
        return ndimage.shift(pixels.astype(np.float64), move, order=1, mode="nearest")
    result = pixels.astype(np.float64)
    for axis, distance in enumerate(move):
        result = _along(result, axis, distance)
    return result


def keys(distance: Array | float) -> Values:
    """Return the weight of a pixel at a distance: Keys (1981), equation 4 with a = -1/2."""
    s = np.abs(distance)
    near = 1.5 * s**3 - 2.5 * s**2 + 1
    far = -0.5 * s**3 + 2.5 * s**2 - 4 * s + 2
    return np.where(s < 1, near, np.where(s < 2, far, 0.0))


def _along(pixels: Values, axis: int, move: float) -> Values:
    size = pixels.shape[axis]
    result = np.zeros_like(pixels)
    for step in range(int(np.floor(-move)) - 1, int(np.floor(-move)) + 3):
        weight = float(keys(step + move))
        if weight:
            place = np.clip(np.arange(size) + step, 0, size - 1)
            result += weight * np.take(pixels, place, axis=axis)
    return result


def assert_is(found: Array, expected: Values) -> None:
    """Fail unless pixels are the values, rounded and held to their dtype.

    A value halfway between two whole numbers may go either way: what counts is that it is off by
    half at most, and by what the arithmetic loses, which is little.
    """
    kind = found.dtype
    if kind.kind == "f":
        precise = np.float32 if kind.itemsize <= 4 else np.float64
        digits = max(np.finfo(kind).eps, np.finfo(precise).eps)
        finite = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=16 * digits * finite)
        return
    bounds = np.iinfo(kind)
    held = np.clip(expected, float(bounds.min), float(bounds.max))
    lost = 0.03 if kind.itemsize <= 2 else 1e-3
    if kind.itemsize == 8:
        lost = 2.0**17
    off = np.abs(found.astype(np.float64) - held)
    assert off.max() <= 0.5 + lost, f"off by {off.max()} at {np.argwhere(off == off.max())[0]}"
