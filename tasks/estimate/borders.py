"""Find where a region ends before its frame does: a border without light, or without a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.noise import middle, noise_level, quantile
from tasks.estimate.overlap import Mask, Pixels

_ROWS = 4
"""Rows on each side of a border that are compared."""

_SEGMENTS = 16
"""Parts of a row in which the step is looked for, so that noise averages out."""

_STEP = 5.0
"""Noise levels of a part by which it is brighter inside."""

_LONG, _LEAST, _NEARLY_ALL = 0.2, 48, 0.6
"""Share of the row, and pixels, over which the step is at one place; cells' edges are shorter. This
share of a short row is enough."""

_DEEP = 24
"""Rows inside that must be brighter all over: between cells it is dark again."""

_DIPS = 2.0
"""Noise levels of a part by which the darkest of so many rows lies below their mean."""

_STAYS = 0.75
"""Share of the parts where it is so; one may lie across a corner."""

_NEIGHBOURS, _FAINT = 9, 4.0
"""Rows with which each is compared, and noise levels by which a camera's row differs at most."""

_GRAIN = 2.0
"""Pixels over which a border is averaged to see whether there is something in it."""

_EVEN = 2.5
"""How much more it may then vary than noise does; the columns of a camera differ a little."""

_OUTLIERS = 0.005
"""Share of a border's pixels, hot ones, that do not count."""


@dataclass(frozen=True)
class Borders:
    """How many of the first and of the last rows, and columns, hold no picture."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Return the pixels of the borders of a region of this shape, axes (z, y, x)."""
        borders = np.ones(shape[1:], bool)
        borders[
            self.rows[0] : shape[1] - self.rows[1], self.columns[0] : shape[2] - self.columns[1]
        ] = False
        return np.broadcast_to(borders, shape)

    def finer(self, factor: int) -> Borders:
        """Return them in pixels of which so many were averaged: a pixel at the edge is a mix."""
        if factor == 1:
            return self
        rows, columns = (
            tuple(count and (count + 1) * factor for count in ends)
            for ends in (self.rows, self.columns)
        )
        return Borders(rows=(rows[0], rows[1]), columns=(columns[0], columns[1]))


def find_borders(values: Pixels, valid: Mask | None) -> Borders | None:
    """Return the borders of a region in which there is no picture; None if there are none.

    The edge of the light or of the frame is sharper than any content, and moves with the camera,
    not with the sample, where fields were stitched or cut.

    Args:
        values: The region, axes (z, y, x), with whatever background it has.
        valid: Which of its pixels are numbers; None: all.
    """
    if valid is not None:
        if not valid.any():
            return None
        values = np.where(valid, values, np.float32(middle(values[valid])))
    plane = values[0] if len(values) == 1 else values.mean(axis=0)
    found = Borders(rows=_borders(plane), columns=_borders(plane.T))
    return found if any((*found.rows, *found.columns)) else None


def _borders(plane: NDArray[np.float32]) -> tuple[int, int]:
    """Return how many of the first and of the last rows are border."""
    rows, columns = plane.shape
    width = columns // _SEGMENTS
    if width == 0 or rows < 4 * _ROWS:
        return 0, 0
    noise = noise_level(plane)
    if noise == 0:
        return 0, 0
    # Unlike a sum along an axis, this is as fast on a plane that is transposed.
    parts = np.einsum(
        "rsp->rs", plane[:, : width * _SEGMENTS].reshape(rows, _SEGMENTS, width)
    ) / np.float32(width)
    sums = np.zeros((rows + 1, _SEGMENTS))
    parts.cumsum(axis=0, dtype=np.float64, out=sums[1:])
    means = (sums[_ROWS:] - sums[:-_ROWS]) / _ROWS
    # Of the step below row n + _ROWS. From the last row on, the same steps lead down.
    steps = means[_ROWS:] - means[:-_ROWS]
    both = np.stack([steps, -steps[::-1]])
    high = both > _STEP * noise * np.sqrt(2 / (_ROWS * width))
    count = high.sum(axis=2)
    long = count >= _SEGMENTS * max(_LONG, min(_NEARLY_ALL, _LEAST / columns))
    if not long.any():
        return 0, 0
    # One very bright part, such as an organoid's edge, counts no more than the others.
    ordered = np.where(high, both, np.inf)
    ordered.sort(axis=2)
    ends, places = np.indices(count.shape, sparse=True)
    two = ordered[ends, places, np.maximum(count - 1, 0) // 2] + ordered[ends, places, count // 2]
    told = np.where(high, np.minimum(both, two[:, :, None]), 0).sum(axis=2)
    steepest = long & (told == ndimage.maximum_filter1d(told, 2 * _ROWS + 1))
    ends, places = np.nonzero(steepest)
    ordered, count = ordered[ends, places], count[ends, places]
    found = Steps(ends, places, high=high[ends, places], usual=_quarter(ordered, count))
    stays = _stays(parts, width, found, noise)
    first, last = (
        _border(seen, places[ends == end], stays[ends == end])
        for end, seen in enumerate((plane, plane[::-1]))
    )
    return first, last


@dataclass(frozen=True)
class Steps:
    """Where parts of rows are much brighter than the rows before them; axis 0 is the step."""

    ends: NDArray[np.intp]
    """From where each is seen: 0 from the first row, 1 from the last."""
    places: NDArray[np.intp]
    """Rows before each, less those that are compared."""
    high: NDArray[np.bool_]
    """Which parts have it; axes (step, part)."""
    usual: NDArray[np.float64]
    """How high the lower ones of them are: the first quartile."""


def _stays(parts: NDArray[np.float32], width: int, steps: Steps, noise: float) -> NDArray[np.bool_]:
    """Return after which steps it stays brighter than before, as it does inside a border.

    Args:
        parts: Means of each row's parts.
        width: Pixels of a part.
        steps: Where a border may end.
        noise: Standard deviation of the noise.
    """
    ends, places, high = steps.ends, steps.places, steps.high
    seen = np.stack([parts, parts[::-1]])
    # A row that is averaged across the edge lies between.
    rows = places + _ROWS - 2
    dark = seen.mean(axis=2, dtype=np.float64).cumsum(axis=1)[ends, rows - 1] / rows
    # Where a cell lies at the edge the step is higher than what stays.
    least = dark + steps.usual / 2 - _DIPS * noise / np.sqrt(width)
    deep = np.minimum(places[:, None] + _ROWS + np.arange(1, _DEEP), len(parts) - 1)
    inside = seen[ends[:, None], deep]
    # However the rows of the camera differ, it cannot stay elsewhere.
    stays = _kept(inside.min(axis=1) + np.float32(_FAINT * noise), least, high) >= _STAYS
    if stays.any():
        lit = high[stays]
        lowest = _without_lines(inside[stays], lit, noise).min(axis=1)
        stays[stays] = _kept(lowest, least[stays], lit) >= _STAYS
    return stays


def _border(plane: NDArray[np.float32], places: NDArray[np.intp], stays: NDArray[np.bool_]) -> int:
    """Return how many of the first rows are border.

    Args:
        plane: Pixels.
        places: Rows before each step, less those that are compared.
        stays: After which of them it stays brighter.
    """
    found = 0
    unproved = []
    for place, is_higher in zip(places, stays, strict=True):
        first = int(place) + _ROWS
        unproved.append(plane[: first - 2])
        if is_higher:
            # Costs most, and most places are no border: all up to here must be even, or none is.
            if not all(map(_is_even, unproved)):
                break
            unproved.clear()
            found = first
    return found


def _quarter(ordered: NDArray[np.float64], count: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the first quartile of the first values of each row, which are in order."""
    at = 0.25 * (count - 1)
    before = at.astype(np.intp)
    after = np.minimum(before + 1, count - 1)
    rows = np.arange(len(ordered))
    low, high = ordered[rows, before], ordered[rows, after]
    quarter: NDArray[np.float64] = low + (at - before) * (high - low)
    return quarter


def _kept(
    values: NDArray[np.float32], least: NDArray[np.float64], lit: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the share of the lit parts of each row that are brighter than the least."""
    share: NDArray[np.float64] = ((values > least[:, None]) & lit).sum(axis=1) / lit.sum(axis=1)
    return share


def _without_lines(
    parts: NDArray[np.float32], lit: NDArray[np.bool_], noise: float
) -> NDArray[np.float32]:
    """Return parts of rows without what a whole row has and its neighbours do not: a camera's.

    Args:
        parts: Axes (place, row, part).
        lit: Which parts of each place count; axes (place, part).
        noise: Standard deviation of the noise.
    """
    count = lit.sum(axis=1)
    ordered = np.where(lit[:, None], parts, np.float32(np.inf))
    ordered.sort(axis=2)
    places = np.arange(len(parts))
    usual = (ordered[places, :, (count - 1) // 2] + ordered[places, :, count // 2]) / 2
    lines = usual - ndimage.median_filter(usual, (1, _NEIGHBOURS), mode="nearest")
    faint = np.clip(lines, -_FAINT * noise, _FAINT * noise)
    without: NDArray[np.float32] = parts - faint[:, :, None].astype(np.float32)
    return without


def _is_even(border: NDArray[np.float32]) -> bool:
    ordered = border.flatten(order="K")
    ordered.sort()
    low, high = (quantile(ordered, share) for share in (_OUTLIERS, 1 - _OUTLIERS))
    kept = border.clip(np.float32(low), np.float32(high))
    # White noise differs from its neighbour by as much as from its mean, times the root of two,
    # and a Gaussian mean leaves this part of it.
    own = float(np.sqrt(np.mean(np.diff(kept, axis=1) ** 2) / 2))
    left = own / (2 * np.sqrt(np.pi) * _GRAIN)
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(kept, _GRAIN)
    return bool(low == high) or float(smooth.std()) <= _EVEN * left
