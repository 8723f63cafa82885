"""Find whether a part of a region moved by another shift than the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels, overlap_slices
from tasks.estimate.prepare import Prepared, coarser
from tasks.estimate.support import find_support

_FEW = 2**14
"""Pixels of a plane up to which all are used; of more, the means of two by two."""

_CLOSE, _CLOSE_OF_WIDTH = 5.0, 0.7
"""Pixels, or share of the content's half width where that is more, by which two parts must have
moved apart: what is closer is one movement with a little warp."""

_LEAST, _CLEAR = 0.2, 0.25
"""How much of a second movement is looked at, and is one by itself where it stands out, as a share
of what follows the first."""

_STANDS_OUT, _PLENTY = 4.5, 0.5
"""Standard deviations by which it does, and how much is one whether it stands out or not."""

_PLACES, _SHARE, _SHARE_ELSEWHERE = 2, 0.15, 0.05
"""Separate places that confirm one that does not, and share of the content that does, here and away
from the strongest object. What was lost or came in matches by chance, in one place."""

_LOOKED_AT = 3
"""Peaks at most."""

_PUSHED = 2
"""Places around a peak in which the best match is its own."""

Steps = NDArray[np.intp]


@dataclass(frozen=True)
class SecondMovement:
    """Another shift that a part of a region follows."""

    shift: tuple[float, float, float]
    """Pixels of the prepared regions, axes (z, y, x)."""
    share: float
    """How much follows it, as a share of what follows the first."""


def find_second_movement(
    reference: Prepared, moving: Prepared, shift: NDArray[np.float64], width: NDArray[np.float64]
) -> SecondMovement | None:
    """Return a second shift that much of a region follows, or None.

    Laid over each other, two pictures of one content match as well after a step to one side as
    after the same step to the other, whatever the content: only a part that moved by itself, and
    what was lost or came in, makes a difference. So a content that repeats is no second movement.

    Args:
        reference: The reference region.
        moving: The moving region, prepared with the same factor.
        shift: Pixels that lead from the moving region to the reference, axes (z, y, x).
        width: Half width of the content per axis, in pixels.
    """
    step = 1 if reference.values[0].size <= _FEW else 2
    grid = np.array([1, step, step])
    # One plane more or less says the same of y and x.
    uneven = _unevenness(_stepped(reference, step), _stepped(moving, step), shift / grid)
    if uneven is None:
        return None
    heights, found, lags = uneven
    least = max(_CLOSE, _CLOSE_OF_WIDTH * float(width[1:].max()))
    distance = np.sqrt(lags[0][:, None] ** 2 + lags[1] ** 2) * step
    deviation = float(heights.std())
    heights = np.where(distance < least, 0, heights)
    reach = max(2, int(width[1:].max() / step))
    for _ in range(_LOOKED_AT):
        row, column = np.unravel_index(int(heights.argmax()), heights.shape)
        height = float(heights[row, column])
        if height < _LEAST:
            return None
        place = _highest(found, (int(row), int(column)))
        if distance[place] < least:
            place = int(row), int(column)
        y, x = (float(along[n]) * step for along, n in zip(lags, place, strict=True))
        there = shift + np.array([0, y, x])
        clear = height >= max(_CLEAR, min(_PLENTY, _STANDS_OUT * deviation))
        if clear or _is_confirmed(reference, moving, there, width):
            return SecondMovement((float(there[0]), float(there[1]), float(there[2])), height)
        rows, columns = (
            (np.arange(n - reach, n + reach + 1)) % size
            for n, size in zip((row, column), heights.shape, strict=True)
        )
        heights[np.ix_(rows, columns)] = 0
    return None


def _unevenness(
    reference: Prepared, moving: Prepared, shift: NDArray[np.float64]
) -> tuple[Pixels, Pixels, tuple[Steps, Steps]] | None:
    """Return by how much each step away matches better than its opposite, how well, and the steps.

    The first is a share of how well the shift itself matches. Steps are along y and x, planes are
    taken together.
    """
    whole = tuple(int(n) for n in np.rint(shift))
    here, there = overlap_slices(reference.values.shape, moving.values.shape, whole)
    lengths = [fft.next_fast_len(part.stop - part.start, real=True) for part in here[1:]]
    counts = _counted(reference.valid, moving.valid, here, there)
    one, two = (
        fft.rfft2(each if counts is None else each * counts, lengths)
        for each in (reference.values[here], moving.values[there])
    )
    spectrum = (one * two.conj()).sum(axis=0)
    rest = shift - np.array(whole)
    for frequencies, by in (
        (fft.fftfreq(lengths[0])[:, None], rest[1]),
        (fft.rfftfreq(lengths[1]), rest[2]),
    ):
        spectrum *= np.exp(2j * np.pi * frequencies * by).astype(np.complex64)
    found = fft.irfft2(spectrum, lengths)
    if found[0, 0] <= 0:
        return None
    opposite = np.roll(found[::-1, ::-1], 1, axis=(0, 1))
    y, x = ((np.arange(n) + n // 2) % n - n // 2 for n in lengths)
    return (found - opposite) / found[0, 0], found, (y, x)


def _highest(found: Pixels, place: tuple[int, int]) -> tuple[int, int]:
    """Return the best match beside a place: what is uneven is pushed away from the first shift."""
    rows, columns = (
        np.arange(n - _PUSHED, n + _PUSHED + 1) % size
        for n, size in zip(place, found.shape, strict=True)
    )
    near = found[np.ix_(rows, columns)]
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    if row in {0, 2 * _PUSHED} or column in {0, 2 * _PUSHED}:
        # A slope that leads elsewhere.
        return place
    return int(rows[row]), int(columns[column])


def _is_confirmed(
    reference: Prepared, moving: Prepared, shift: NDArray[np.float64], width: NDArray[np.float64]
) -> bool:
    support = find_support(reference, moving, tuple(int(n) for n in np.rint(shift)), width)
    return (
        support.places >= _PLACES
        and support.share >= _SHARE
        and support.share_elsewhere >= _SHARE_ELSEWHERE
    )


def _stepped(region: Prepared, step: int) -> Prepared:
    return region if step == 1 else coarser(region, step)


def _counted(
    ours: Mask | None, theirs: Mask | None, here: tuple[slice, ...], there: tuple[slice, ...]
) -> Mask | None:
    parts = [mask[part] for mask, part in ((ours, here), (theirs, there)) if mask is not None]
    return np.logical_and.reduce(parts) if parts else None
