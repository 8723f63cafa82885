"""How bright pixels are and how much they differ by noise alone, from enough of them to know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.overlap import Mask, Pixels

_ENOUGH, _ENOUGH_FOR_NOISE = 2**17, 2**14
"""Pixels; quantiles of more are no more precise than images are, and the noise of so many is known
to a hundredth."""


def sampled(values: Pixels) -> Pixels:
    """Return whole rows that lie evenly over a region, at most 2^17 pixels where rows allow.

    Args:
        values: Pixels; rows are the last axis but one.
    """
    return values[..., :: max(1, -(-values.size // _ENOUGH)), :]


def noise_level(values: Pixels, valid: Mask | None = None) -> float:
    """Return the standard deviation of the noise, from how much neighbours along x differ.

    Neighbours differ by noise alone nearly everywhere; 1.4826 turns a median absolute deviation
    into a standard deviation (Rousseeuw & Croux 1993).

    Args:
        values: Pixels; x is the last axis.
        valid: Which pixels count; None: all.
    """
    step = max(1, -(-values.size // _ENOUGH_FOR_NOISE))
    few = values[..., ::step, :]
    differences = np.abs(few[..., 1:] - few[..., :-1])
    if valid is not None:
        count = valid[..., ::step, :]
        differences = differences[count[..., 1:] & count[..., :-1]]
    return 1.4826 * middle(differences) / float(np.sqrt(2)) if differences.size else 0.0


def quantile(ordered: NDArray[np.float32], share: float) -> float:
    """Return a quantile of values that are in order, between two of them where it lies there.

    Args:
        ordered: Values, the smallest first.
        share: Of the values that are smaller.
    """
    place = share * (ordered.size - 1)
    first = int(place)
    one, two = float(ordered[first]), float(ordered[min(first + 1, ordered.size - 1)])
    return one + (place - first) * (two - one)


def middle(values: NDArray[np.float32]) -> float:
    """Return the median of all values."""
    # As they lie in memory: their order does not matter, and a transposed plane is not copied over.
    ordered = values.flatten(order="K")
    ordered.sort()
    return float(ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2
