"""Find where a region ends before its frame does: a border without light, or without a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels

_ROWS = 4
"""Rows on each side of a border that are compared."""

_SEGMENTS = 16
"""Parts of a row in which the step is looked for, so that noise averages out."""

_STEP = 5.0
"""Noise levels of a part by which it is brighter inside."""

_LONG, _LEAST = 0.2, 48
"""Share of the row, and pixels, over which the step is at one place; cells' edges are shorter."""

_DEEP = 24
"""Rows inside that must be brighter all over: between cells it is dark again."""

_STAYS = 0.75
"""Share of the parts where it is so; one may lie across a corner."""

_GRAIN = 2.0
"""Pixels over which a border is averaged to see whether there is something in it."""

_EVEN = 2.5
"""How much more it may then vary than noise does; the columns of a camera differ a little."""

_OUTLIERS = 0.005
"""Share of a border's pixels, hot ones, that do not count."""


def find_borders(values: Pixels, valid: Mask) -> Mask | None:
    """Return the borders of a region in which there is no picture, axes (z, y, x); None if none.

    The edge of the light or of the frame is sharper than any content, and moves with the camera,
    not with the sample, where fields were stitched or cut.

    Args:
        values: The region, with whatever background it has.
        valid: Which of its pixels are numbers.
    """
    plane = np.where(valid, values, np.float32(np.median(values[valid]))).mean(axis=0)
    borders = np.zeros(plane.shape, bool)
    for seen, marked in ((plane, borders), (plane.T, borders.T)):
        marked[: _border(seen)] = True
        marked[len(seen) - _border(seen[::-1]) :] = True
    return np.broadcast_to(borders, values.shape) if borders.any() else None


def _border(plane: NDArray[np.float32]) -> int:
    """Return how many of the first rows are border."""
    rows, columns = plane.shape
    width = columns // _SEGMENTS
    if width == 0 or rows < 4 * _ROWS:
        return 0
    parts = plane[:, : width * _SEGMENTS].reshape(rows, _SEGMENTS, width).mean(axis=2)
    sums = np.cumsum(np.concatenate([np.zeros((1, _SEGMENTS)), parts]), axis=0)
    means = (sums[_ROWS:] - sums[:-_ROWS]) / _ROWS
    # Of the step below row n + _ROWS.
    steps = means[_ROWS:] - means[:-_ROWS]
    noise = _noise(plane)
    if noise == 0:
        return 0
    high = steps > _STEP * noise * np.sqrt(2 / (_ROWS * width))
    # One very bright part, such as an organoid's edge, counts no more than the others.
    usual = np.array(
        [np.median(row[on]) if on.any() else 0.0 for row, on in zip(steps, high, strict=True)]
    )
    told = np.where(high, np.minimum(steps, 2 * usual[:, None]), 0).sum(axis=1)
    steepest = told == ndimage.maximum_filter1d(told, 2 * _ROWS + 1)
    long = high.mean(axis=1) >= max(_LONG, _LEAST / columns)
    found = 0
    for place in np.flatnonzero(long & steepest):
        first = int(place) + _ROWS
        # A row that is averaged across the edge lies between.
        border = plane[: first - 2]
        if not _is_even(border):
            break
        lit = high[place]
        inside = parts[first + 1 : first + _DEEP, lit].min(axis=0)
        # Where a cell lies at the edge the step is higher than what stays.
        step = float(np.quantile(steps[place, lit], 0.25))
        stays = inside > border.mean() + step / 2
        if stays.mean() >= _STAYS:
            found = first
    return found


def _is_even(border: NDArray[np.float32]) -> bool:
    low, high = np.quantile(border, [_OUTLIERS, 1 - _OUTLIERS])
    kept = np.clip(border, low, high)
    # White noise differs from its neighbour by as much as from its mean, times the root of two,
    # and a Gaussian mean leaves this part of it.
    own = float(np.sqrt(np.mean(np.diff(kept, axis=1) ** 2) / 2))
    left = own / (2 * np.sqrt(np.pi) * _GRAIN)
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(kept, _GRAIN)
    return bool(low == high) or float(smooth.std()) <= _EVEN * left


def _noise(plane: NDArray[np.float32]) -> float:
    # As where brightness is clipped: neighbours differ by noise alone nearly everywhere.
    differences = np.abs(np.diff(plane, axis=1))
    return 1.4826 * float(np.median(differences)) / np.sqrt(2) if differences.size else 0.0
