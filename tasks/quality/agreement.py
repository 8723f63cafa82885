"""How alike two pictures of one region are: their normalised cross-correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BRIGHTEST = 0.999
"""Quantile that brighter pixels are clipped to: a speck of debris is no agreement."""


def agreement(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Return Pearson's correlation of two pictures, None where one of them shows nothing.

    Args:
        one: Pixels, of any axes.
        other: Pixels of the same shape.
    """
    first, second = _centred(one), _centred(other)
    if first is None or second is None:
        return None
    return float(np.clip(np.vdot(first, second), -1.0, 1.0))


def _centred(pixels: NDArray[Any]) -> NDArray[np.float32] | None:
    """Return the pixels with mean 0 and length 1, None where they are all alike."""
    values = np.nan_to_num(pixels.astype(np.float32))
    if values.size == 0:
        return None
    largest = float(np.abs(values).max())
    values = np.minimum(values, np.quantile(values, BRIGHTEST))
    values -= values.mean(dtype=np.float64)
    length = float(np.sqrt(np.vdot(values, values)))
    # What is left of a constant is the rounding of its mean.
    if length <= 1e-6 * largest * np.sqrt(values.size):
        return None
    return values / np.float32(length)
