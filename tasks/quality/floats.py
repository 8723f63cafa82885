"""Pixels of any type as numbers to reckon with: float32, without what is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.pixels.reach import within_reach


def as_floats(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return a copy as float32, in which NaN is 0 and infinity the largest number there is.

    Extreme values are brought within reach: pictures are compared by their proportions.
    """
    values = pixels.astype(np.float32)
    # Whole numbers have none of these, others seldom: to look for them by `nan_to_num` costs more.
    if pixels.dtype.kind in "iub" or np.isfinite(values).all():
        return within_reach(values, pixels.dtype)
    return np.nan_to_num(values, copy=False)


def as_picture(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mean of a region's planes, axes (y, x), as `as_floats` does."""
    if len(pixels) == 1:
        return as_floats(pixels[0])
    return as_floats(pixels.mean(axis=0, dtype=np.float32))
