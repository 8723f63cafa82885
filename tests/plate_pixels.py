"""Make pixels for test plates: microscope-like intensities and numbered objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def smooth_pixels(shape: Sequence[int], dtype: str, seed: int) -> Array:
    """Return pixels as a microscope gives them: waves and noise over most of the dtype's range.

    Signed integers and floats take negative values too; bool is a threshold.
    """
    random = np.random.default_rng(seed)
    field = np.zeros(shape)
    for axis, size in enumerate(shape):
        wave = np.sin(np.arange(size) * random.uniform(0.05, 0.4) + random.uniform(0, 6))
        field += wave.reshape([-1 if n == axis else 1 for n in range(len(shape))])
    field = field / max(1, len(shape)) + random.normal(0, 0.1, shape)
    field = np.clip((field + 1.3) / 2.6, 0, 1)
    kind = np.dtype(dtype)
    if kind == np.bool_:
        return np.asarray(field > 0.5)
    if kind.kind == "f":
        return np.asarray((field - 0.5) * 1000, dtype=kind)
    limits = np.iinfo(kind)
    # float64 cannot hold the largest 64-bit numbers: stay a little below the limit.
    span = (float(limits.max) - float(limits.min)) * (1 - 1e-9)
    return np.asarray(np.floor(field * span + float(limits.min)), dtype=kind)


def label_pixels(shape: Sequence[int], dtype: str, seed: int, *, first: int = 1) -> Array:
    """Return objects numbered from `first` on a background of 0: boxes with ragged edges."""
    random = np.random.default_rng(seed)
    cells = [max(1, size // 7) for size in shape]
    # Numbers beyond the dtype's range wrap around: small dtypes hold few objects.
    numbers = (np.arange(np.prod(cells), dtype="uint64") + np.uint64(first)).astype(dtype)
    numbers = numbers.reshape(cells)
    numbers = np.where(random.random(cells) < 0.3, np.zeros((), dtype=dtype), numbers)
    index = [np.minimum(np.arange(s) * c // s, c - 1) for s, c in zip(shape, cells, strict=True)]
    pixels = numbers[np.ix_(*index)]
    return np.where(random.random(tuple(shape)) < 0.1, np.zeros((), dtype=dtype), pixels)
