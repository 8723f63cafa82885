"""Values with a fraction become pixels: rounded half away from zero, never wrapped around."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

WIDEST_EXACT_BYTES = 4
"""A double holds every integer of up to this size, its limits among them."""


def cast_rounded(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return floating values as a dtype; integers are rounded and held to the dtype's range.

    Args:
        values: Changed in place; do not use them afterwards.
        dtype: Integer or floating type. Integers of up to 2 bytes may come in single precision,
            wider ones come in double.
    """
    if dtype.kind not in "iu":
        return values.astype(dtype)
    bounds = np.iinfo(dtype)
    low, high = values.dtype.type(bounds.min), values.dtype.type(bounds.max)
    values += np.copysign(values.dtype.type(0.5), values)
    if dtype.itemsize <= WIDEST_EXACT_BYTES:
        # The cast cuts the fraction off.
        np.clip(values, low, high, out=values)
        return values.astype(dtype)
    np.trunc(values, out=values)
    # A double cannot hold the largest 8-byte integers: compare before the cast, not after.
    beyond = values >= high
    values[beyond] = low
    np.maximum(values, low, out=values)
    result = values.astype(dtype)
    result[beyond] = bounds.max
    return result
