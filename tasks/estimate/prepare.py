"""Make a region ready to be compared: bounded in size, clipped, and freed of its background."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.borders import find_borders
from tasks.estimate.overlap import Mask, Pixels

WORKING_PIXELS = 2**20
"""A larger region is averaged down for the search, so that its memory and time stay bounded."""

_BACKGROUND = 8
"""The background is what varies over more than this part of the shorter side: illumination."""

_SMOOTHING = 1.0
"""Pixels; less than any optical resolution, and it takes away most of the camera's noise."""

_NEIGHBOURS = 9
"""Columns, or rows, with which each is compared: what they share is content."""

_STANDS_OUT = 8.0
"""Clipping leaves at least this many noise levels above the median: few cells are no outliers."""

_SLIVER = 0.01
"""Clipping in data without noise leaves at least this share of the contrast."""

_NOISELESS = 1e-4
"""Noise as a share of the contrast, below which there is none: computed images."""

_ENOUGH_VALID = 0.25
"""Share of pixels that must be numbers."""


@dataclass(frozen=True)
class Prepared:
    """A region as it is compared; axes (z, y, x), background 0, invalid pixels 0."""

    values: Pixels
    sharp: Pixels
    """The same before the noise was smoothed away."""
    valid: Mask
    factor: int
    """Pixels of the pyramid level per pixel here, along y and x."""


class UnusableRegionError(ValueError):
    """A region holds nothing that could be compared; the message says why."""


def prepare(
    region: NDArray[Any],
    *,
    lower_quantile: float = 0.0,
    upper_quantile: float = 0.99,
    factor: int | None = None,
    padding: Mask | None = None,
) -> Prepared:
    """Return a region of a pyramid level ready to be compared.

    Args:
        region: Pixels with axes (z, y, x), of any real type; NaN and infinite ones do not count.
        lower_quantile: Darker pixels are set to this quantile.
        upper_quantile: Brighter pixels are set to this quantile, or to the level that stands out
            clearly from the noise where that is higher.
        factor: Pixels to average along y and x; chosen by size when None.
        padding: Pixels that hold no picture, at the averaged size.

    Raises:
        UnusableRegionError: The region is empty, constant, or mostly not a number.
    """
    if factor is None:
        factor = working_factor(region.shape)
    values, valid = average(region, factor)
    if padding is not None:
        valid &= ~padding
    if valid.any() and (borders := find_borders(values, valid)) is not None:
        valid &= ~borders
    if values.size == 0 or np.count_nonzero(valid) < max(1.0, _ENOUGH_VALID * valid.size):
        raise UnusableRegionError("it holds too few valid pixels")
    values = _clipped(values, valid, lower_quantile, upper_quantile)
    background = min(values.shape[1:]) / _BACKGROUND
    sharp = _without_stripes(values - _local_mean(values, valid, background), valid)
    flat = np.where(valid, _local_mean(sharp, valid, _SMOOTHING), 0).astype(np.float32)
    sharp = np.where(valid, sharp, 0).astype(np.float32)
    return Prepared(values=flat, sharp=sharp, valid=valid, factor=factor)


def working_factor(shape: tuple[int, ...]) -> int:
    """Return by how much a region of this shape is averaged down along y and x."""
    return max(1, int(np.ceil(np.sqrt(np.prod(shape, dtype=np.float64) / WORKING_PIXELS))))


def average(region: NDArray[Any], factor: int) -> tuple[Pixels, Mask]:
    """Return the mean of blocks of pixels along y and x, and where it is a finite number."""
    height, width = (n // factor * factor for n in region.shape[1:])
    planes = []
    for plane in region:
        blocks = plane[:height, :width].astype(np.float32)
        blocks = blocks.reshape(height // factor, factor, width // factor, factor)
        finite = np.isfinite(blocks)
        count = finite.sum(axis=(1, 3))
        total = np.where(finite, blocks, 0).sum(axis=(1, 3))
        planes.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    values = np.asarray(planes, dtype=np.float32).reshape(
        len(region), height // factor, width // factor
    )
    return values, np.isfinite(values)


def _clipped(values: Pixels, valid: Mask, lower: float, upper: float) -> Pixels:
    numbers = values[valid]
    low, median, high = (float(q) for q in np.quantile(numbers, [lower, 0.5, upper]))
    filled = np.where(valid, values, np.float32(median))
    # Neighbours differ by noise alone nearly everywhere; 1.4826 turns a median absolute
    # deviation into a standard deviation (Rousseeuw & Croux 1993).
    differences = np.diff(filled, axis=2)
    noise = 1.4826 * float(np.median(np.abs(differences))) / np.sqrt(2) if differences.size else 0.0
    high = max(high, median + _STANDS_OUT * noise)
    brightest = float(numbers.max())
    contrast = brightest - median
    if noise <= _NOISELESS * contrast and high - median < _SLIVER * contrast:
        # More than the upper quantile is background, and it is without noise.
        high = brightest
    clipped = np.clip(filled, low, high)
    if clipped.max() - clipped.min() <= 1e-6 * max(1.0, abs(median)):
        raise UnusableRegionError(f"all its pixels are {median:g}")
    return clipped


def _without_stripes(values: Pixels, valid: Mask) -> Pixels:
    """Return the region without what most pixels of a column, and then of a row, have in common.

    A camera's lines and columns differ a little from their neighbours, which is much of what an
    empty field shows, and it moves with the field's edges where fields were cut or stitched.
    """
    numbers = values if valid.all() else np.where(valid, values, np.nan)
    for axes in ((0, 1), (0, 2)):
        with warnings.catch_warnings():
            # A column without any valid pixel has no median, and needs none.
            warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
            profile = np.nanmedian(numbers, axis=axes, keepdims=True)
        profile = np.nan_to_num(profile)
        along = 3 - axes[1]
        size = [_NEIGHBOURS if axis == along else 1 for axis in range(3)]
        numbers = numbers - (profile - ndimage.median_filter(profile, size, mode="nearest"))
    return numbers


def _local_mean(values: Pixels, valid: Mask, width: float) -> Pixels:
    """Return the Gaussian mean over valid pixels, which stays unbiased at the region's edge."""
    sigma = (0.0, width, width)
    weight = ndimage.gaussian_filter(valid.astype(np.float32), sigma, mode="constant")
    total = ndimage.gaussian_filter(
        np.where(valid, values, 0).astype(np.float32), sigma, mode="constant"
    )
    mean: Pixels = total / np.maximum(weight, 1e-3)
    return mean
