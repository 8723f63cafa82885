"""Bring pixels of extreme values within the reach of float32, in which their squares are added."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST, _SMALLEST = 2.0**17, 2.0**-10
"""Between these the sums of squares of millions of pixels, and products of two of them, are numbers
of float32: 16-bit images lie there, and those of 0 to 1."""

_AS_LARGE_AS = 8
"""Power of two below which the brightest pixel is brought."""


def within_reach(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[np.float32]:
    """Return values that are compared by their proportions alone, none too large or too small.

    They are multiplied by a power of two, which is exact; NaN stays. What lies within reach already
    is returned as it is.

    Args:
        values: Of any shape.
        dtype: Of the pixels that they were; those of 16 bits need no look.
    """
    if dtype.kind in "biu" and dtype.itemsize <= 2:  # noqa: PLR2004 - bytes
        return values
    brightest = float(np.fmax.reduce(values, axis=None, initial=0))
    darkest = float(np.fmin.reduce(values, axis=None, initial=0))
    largest = max(brightest, -darkest)
    if largest == 0 or _SMALLEST <= largest <= _LARGEST or not np.isfinite(largest):
        return values
    return np.ldexp(values, _AS_LARGE_AS - int(np.frexp(largest)[1]))
