"""Local means of a region: its background, its camera's stripes, and the region freed of noise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels

_FINE = 4
"""Pixels of the grid on which a mean is worked out per standard deviation of its Gaussian."""

_REACH = 4.0
"""Standard deviations up to which a Gaussian is worked out."""

_NEIGHBOURS = 9
"""Columns, or rows, with which each is compared: what they share is content."""

_ROWS = 64
"""Rows of which a column's median is taken; the others only make it more precise."""

_FAINT = 4.0
"""Noise levels by which a camera's lines differ at most; an array of wells has lines as well."""

_CLOSE = 2.0
"""Noise levels around the median within which they do."""

_KEPT = 64
"""Sides of regions whose weights are kept for the next region; each takes a few kilobytes."""


def local_mean(values: Pixels, valid: Mask | None, width: float) -> Pixels:
    """Return the Gaussian mean over valid pixels, which stays unbiased at the region's edge.

    It is worked out on a grid a quarter as fine as the Gaussian is wide, and interpolated.

    Args:
        values: Axes (z, y, x); 0 where not valid.
        valid: Which pixels count; None: all.
        width: Standard deviation along y and x, in pixels.
    """
    step = max(1, int(width / _FINE))
    shape = values.shape[1:]
    sigma = width / step
    total = _gaussian(_binned(values, step), sigma)
    if valid is None:
        per_axis = [_weights(n, step, sigma) for n in shape]
        weight = per_axis[0][:, None] * per_axis[1]
    else:
        weight = _gaussian(_binned(valid.astype(np.float32), step), sigma)
    mean = total / np.maximum(weight, 1e-3)
    if step > 1:
        # Whole rows last, as they lie in order.
        for axis in (2, 1):
            mean = _between(mean, axis, values.shape[axis], step)
    smooth: Pixels = mean.astype(np.float32, copy=False)
    return smooth


def smoothed(values: Pixels, valid: Mask | None) -> Pixels:
    """Return the mean over valid pixels with a standard deviation of one pixel along y and x.

    The binomial weights 1, 4, 6, 4, 1 have just that one: sums of neighbours, taken four times.

    Args:
        values: Axes (z, y, x); 0 where not valid.
        valid: Which pixels count; None: all.
    """
    total = _binomial(values)
    if valid is None:
        height, width = values.shape[1:]
        total *= _corrections(height)[:, None]
        total *= _corrections(width)
        return total
    total /= np.maximum(_binomial(valid.astype(np.float32)), np.float32(1e-3))
    total *= valid
    return total


def without_stripes(values: Pixels, valid: Mask | None, noise: float) -> Pixels:
    """Return the region without what most pixels of a column, and then of a row, have in common.

    A camera's lines and columns differ a little from their neighbours, which is much of what an
    empty field shows, and it moves with the field's edges where fields were cut or stitched.

    Args:
        values: Axes (z, y, x), without background; 0 where not valid.
        valid: Which pixels count; None: all.
        noise: Standard deviation of the noise.
    """
    for axis in (1, 2):
        profile = _profile(values, valid, axis, noise)
        stripes = profile - ndimage.median_filter(profile, _NEIGHBOURS, mode="nearest")
        stripes = np.clip(stripes, -_FAINT * noise, _FAINT * noise).astype(np.float32)
        if stripes.any():
            values = values - (stripes if axis == 1 else stripes[:, None])
    return values


def _profile(values: Pixels, valid: Mask | None, along: int, noise: float) -> Pixels:
    """Return what is usual along an axis, for each place of the other one.

    The median of some pixels, and the mean of what lies close to it of all (Huber 1964).
    """
    step = (slice(None),) * along + (slice(None, None, max(1, values.shape[along] // _ROWS)),)
    other = 3 - along
    few = np.moveaxis(values[step], other, 0).reshape(values.shape[other], -1)
    if valid is None:
        few = np.sort(few, axis=1)
        usual = (few[:, (few.shape[1] - 1) // 2] + few[:, few.shape[1] // 2]) / 2
    else:
        counts = np.moveaxis(valid[step], other, 0).reshape(few.shape)
        few = np.sort(np.where(counts, few, np.float32(np.inf)), axis=1)
        count = counts.sum(axis=1)
        rows = np.arange(len(few))
        two = few[rows, np.maximum(count - 1, 0) // 2] + few[rows, count // 2]
        usual = np.where(count > 0, two / 2, 0).astype(np.float32)
    rest = values - (usual if along == 1 else usual[:, None])
    close = np.float32(_CLOSE * noise)
    np.clip(rest, -close, close, out=rest)
    if valid is None:
        profile: Pixels = usual + rest.mean(axis=(0, along))
        return profile
    rest *= valid
    every = valid.sum(axis=(0, along), dtype=np.float32)
    more: Pixels = usual + rest.sum(axis=(0, along)) / np.maximum(every, np.float32(1))
    return more


def _binned(values: Pixels, step: int) -> Pixels:
    """Return the sums of blocks of pixels along y and x; the last ones may be smaller."""
    if step == 1:
        return values
    planes, height, width = values.shape
    full = height // step * step
    # Several times as fast as the same as below.
    rows = values[:, :full].reshape(planes, -1, step, width).sum(axis=2)
    if full < height:
        rows = np.concatenate([rows, values[:, full:].sum(axis=1, keepdims=True)], axis=1)
    blocks: Pixels = np.add.reduceat(rows, np.arange(0, width, step), axis=2)
    return blocks


def _lengths(size: int, step: int) -> Pixels:
    lengths = np.full(-(-size // step), step, np.float32)
    lengths[-1] = size - step * (len(lengths) - 1)
    return lengths


@lru_cache(maxsize=_KEPT)
def _weights(size: int, step: int, sigma: float) -> Pixels:
    """Return what a Gaussian mean divides by along an axis where all pixels count."""
    return _gaussian(_lengths(size, step), sigma)


@lru_cache(maxsize=_KEPT)
def _corrections(size: int) -> Pixels:
    """Return what a binomial sum is multiplied by along an axis where all pixels count."""
    return np.float32(1) / _four_times(np.pad(np.ones(size, np.float32), 2), 0)


def _gaussian(values: Pixels, sigma: float) -> Pixels:
    """Return the sums along y and x, or along the one axis, with a Gaussian's weights."""
    for axis in range(-min(2, values.ndim), 0):
        values = ndimage.correlate1d(values, _bell(sigma), axis, mode="constant")
    return values


@lru_cache(maxsize=_KEPT)
def _bell(sigma: float) -> NDArray[np.float64]:
    """Return the weights of a Gaussian mean of values in a row."""
    reach = int(_REACH * sigma + 0.5)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights: NDArray[np.float64] = bell / bell.sum()
    return weights


def _between(values: Pixels, axis: int, size: int, step: int) -> Pixels:
    """Interpolate an axis linearly from the middles of its steps to all pixels."""
    if values.shape[axis] == 1:
        return values.repeat(size, axis=axis)
    first, part = _middles(size, step)
    part = part.reshape([-1 if n == axis else 1 for n in range(values.ndim)])
    one, two = values.take(first, axis=axis), values.take(first + 1, axis=axis)
    two -= one
    two *= part
    two += one
    return two


@lru_cache(maxsize=_KEPT)
def _middles(size: int, step: int) -> tuple[NDArray[np.intp], Pixels]:
    """Return, for every pixel of an axis, the step whose middle lies before, and how far it is."""
    lengths = _lengths(size, step)
    middles = np.arange(len(lengths)) * step + (lengths - 1) / 2
    place = np.arange(size)
    first = np.clip(np.searchsorted(middles, place, side="right") - 1, 0, len(middles) - 2)
    part = (place - middles[first]) / (middles[first + 1] - middles[first])
    return first, part.astype(np.float32)


def _binomial(values: Pixels) -> Pixels:
    """Return sums along y and x with the weights 1, 4, 6, 4, 1; there is nothing outside."""
    planes, height, width = values.shape
    wide = np.zeros((planes, height + 4, width + 4), np.float32)
    wide[:, 2:-2, 2:-2] = values
    return _four_times(_four_times(wide, 1), 2)


def _four_times(values: Pixels, axis: int) -> Pixels:
    """Return the sums of neighbours of the sums of neighbours, and so on."""
    before, after = ((slice(None),) * axis + (part,) for part in (slice(-1), slice(1, None)))
    for _ in range(4):
        values = values[before] + values[after]
    return values
