"""How alike two pictures of one region are: their normalised cross-correlation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.quality.floats import as_floats

BRIGHTEST = 0.999
"""Quantile that brighter pixels are clipped to: a speck of debris is no agreement."""


_COUNTED = 2**13
"""Pixels that the quantile is taken of: more say the same."""

Centred = NDArray[np.float32] | None


def agreement(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Return Pearson's correlation of two pictures, None where one of them shows nothing.

    Args:
        one: Pixels, whose last axes are (y, x).
        other: Pixels of the same shape.
    """
    return agreement_of_centred(centred(one), centred(other))


def agreement_of_centred(first: Centred, second: Centred) -> float | None:
    """Return the same of pictures that are centred already, as those are that meet several."""
    if first is None or second is None:
        return None
    return float(np.clip(np.vdot(first, second), -1.0, 1.0))


def centred(pixels: NDArray[Any]) -> Centred:
    """Return the pixels with length 1, each plane with mean 0; None where all planes are even.

    Light fades with depth in both acquisitions, which alone would correlate.
    """
    values = as_floats(pixels)
    if values.size == 0:
        return None
    some = values.reshape(-1)[:: max(1, values.size // _COUNTED)]
    brightest = math.floor(BRIGHTEST * (some.size - 1))
    np.minimum(values, np.partition(some, brightest)[brightest], out=values)
    means = values.mean(axis=(-2, -1), keepdims=True, dtype=np.float64).astype(np.float32)
    values -= means
    length = float(np.sqrt(np.vdot(values, values)))
    # What is left of a constant is the rounding of its mean.
    if length <= 1e-6 * float(np.abs(means).max()) * np.sqrt(values.size):
        return None
    values /= np.float32(length)
    return values
