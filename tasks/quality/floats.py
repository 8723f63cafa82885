"""Pixels of any type as numbers to reckon with: float32, without what is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_floats(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Return a copy as float32, in which NaN is 0 and infinity the largest number there is."""
    values = pixels.astype(np.float32)
    # Whole numbers have none of these; to look for them costs as much as all that follows.
    return values if pixels.dtype.kind in "iub" else np.nan_to_num(values, copy=False)
