"""Make a region ready to be compared: bounded in size, clipped, and freed of its background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.background import local_mean, smoothed, without_stripes
from tasks.estimate.borders import Borders, find_borders
from tasks.estimate.noise import noise_level, quantile, sampled
from tasks.estimate.overlap import Mask, Pixels
from tasks.pixels.reach import within_reach

WORKING_PIXELS = 2**20
"""A larger region is averaged down for the search, so that its memory and time stay bounded."""

_BACKGROUND = 8
"""The background is what varies over more than this part of the shorter side: illumination."""

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
    valid: Mask | None
    """Which pixels count; None: all."""
    borders: Borders | None
    """Where the light or the frame ends inside the region."""
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
    is_part: bool = False,
) -> Prepared:
    """Return a region of a pyramid level ready to be compared.

    Args:
        region: Pixels with axes (z, y, x), of any real type; NaN and infinite ones do not count.
        lower_quantile: Darker pixels are set to this quantile.
        upper_quantile: Brighter pixels are set to this quantile, or to the level that stands out
            clearly from the noise where that is higher.
        factor: Pixels to average along y and x; chosen by size when None.
        padding: Pixels that hold no picture, at the averaged size.
        is_part: Whether it is cut from a region whose own borders are known, and in the padding.

    Raises:
        UnusableRegionError: The region is empty, constant, or mostly not a number.
    """
    if factor is None:
        factor = working_factor(region.shape)
    return prepare_averaged(
        *average(region, factor),
        lower_quantile=lower_quantile,
        upper_quantile=upper_quantile,
        factor=factor,
        padding=padding,
        is_part=is_part,
    )


def prepare_averaged(
    values: Pixels,
    valid: Mask | None,
    *,
    lower_quantile: float,
    upper_quantile: float,
    factor: int,
    padding: Mask | None = None,
    is_part: bool = False,
) -> Prepared:
    """Return a region that was averaged already, as `prepare` does.

    Args:
        values: What `average` returned.
        valid: What it returned with them.
        lower_quantile: Darker pixels are set to this quantile.
        upper_quantile: Brighter pixels are set to this quantile.
        factor: Pixels that were averaged along y and x.
        padding: Pixels that hold no picture.
        is_part: Whether it is cut from a region whose own borders are known, and in the padding.

    Raises:
        UnusableRegionError: The region is empty, constant, or mostly not a number.
    """
    borders = find_borders(values, valid) if values.size and not is_part else None
    for hidden in (padding, None if borders is None else borders.mask(values.shape)):
        if hidden is not None:
            valid = ~hidden if valid is None else valid & ~hidden
    count = values.size if valid is None else np.count_nonzero(valid)
    if count < max(1.0, _ENOUGH_VALID * values.size):
        raise UnusableRegionError("it holds too few valid pixels")
    values, noise = _clipped(values, valid, lower_quantile, upper_quantile)
    if valid is not None:
        values *= valid
    values = values - local_mean(values, valid, min(values.shape[1:]) / _BACKGROUND)
    sharp = without_stripes(values, valid, noise)
    if valid is not None:
        sharp = sharp * valid
    return Prepared(
        values=smoothed(sharp, valid), sharp=sharp, valid=valid, borders=borders, factor=factor
    )


def working_factor(shape: tuple[int, ...]) -> int:
    """Return by how much a region of this shape is averaged down along y and x."""
    return max(1, int(np.ceil(np.sqrt(np.prod(shape, dtype=np.float64) / WORKING_PIXELS))))


def average(region: NDArray[Any], factor: int) -> tuple[Pixels, Mask | None]:
    """Return the mean of blocks of pixels along y and x, and where it is a finite number.

    None in place of the mask: everywhere. Values are brought within reach where they are extreme.
    """
    values, valid = _averaged(region, factor)
    return within_reach(values, region.dtype), valid


def _averaged(region: NDArray[Any], factor: int) -> tuple[Pixels, Mask | None]:
    height, width = (n // factor * factor for n in region.shape[1:])
    region = region[:, :height, :width]
    if not np.issubdtype(region.dtype, np.floating):
        return _block_means(region, factor), None
    values = region.astype(np.float32)
    finite = np.isfinite(values)
    if finite.all():
        return _block_means(values, factor), None
    count = _block_sums(finite, factor)
    total = _block_sums(np.where(finite, values, np.float32(0)), factor)
    valid: Mask = count > 0
    return np.where(valid, total / np.maximum(count, 1), np.float32(np.nan)), valid


def _block_means(values: NDArray[Any], factor: int) -> Pixels:
    means = _block_sums(values, factor)
    if factor > 1:
        means /= np.float32(factor**2)
    return means


def _block_sums(values: NDArray[Any], factor: int) -> Pixels:
    rows = values[:, ::factor].astype(np.float32)
    for first in range(1, factor):
        rows += values[:, first::factor]
    if factor == 1:
        return rows
    sums = rows[:, :, ::factor].copy()
    for first in range(1, factor):
        sums += rows[:, :, first::factor]
    return sums


def coarser(region: Prepared, step: int) -> Prepared:
    """Return a region with the means of blocks of pixels along y and x."""
    height, width = (n // step * step for n in region.values.shape[1:])
    inner = (slice(None), slice(height), slice(width))
    valid = region.valid
    if valid is not None:
        valid = _block_sums(valid[inner], step) > step**2 / 2
    values = _block_means(region.values[inner], step)
    if valid is not None:
        values *= valid
    return Prepared(
        values=values,
        sharp=values,
        valid=valid,
        borders=region.borders,
        factor=region.factor * step,
    )


def _clipped(
    values: Pixels, valid: Mask | None, lower: float, upper: float
) -> tuple[Pixels, float]:
    """Return the region between its quantiles, and the level of its noise."""
    numbers = sampled(values) if valid is None else values[valid]
    ordered = np.sort(numbers, axis=None)
    low, median, high = (quantile(ordered, q) for q in (lower, 0.5, upper))
    filled = values if valid is None else np.where(valid, values, np.float32(median))
    if lower == 0:
        low = float(filled.min())
    noise = noise_level(filled, valid)
    high = max(high, median + _STANDS_OUT * noise)
    brightest = float(filled.max())
    contrast = brightest - median
    if noise <= _NOISELESS * contrast and high - median < _SLIVER * contrast:
        # More than the upper quantile is background, and it is without noise.
        high = brightest
    low, high = max(low, float(filled.min())), min(high, brightest)
    if high - low <= 1e-6 * max(1.0, abs(median)):
        raise UnusableRegionError(f"all its pixels are {median:g}")
    return np.clip(filled, np.float32(low), np.float32(high)), noise
