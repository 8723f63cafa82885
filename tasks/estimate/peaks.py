"""Peaks of a correlation map: the best, how wide it is, and how good the next best one is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.correlation import CorrelationMap
from tasks.estimate.overlap import Whole

LOBE = 2.5
"""Half widths around a peak within which other maxima are its own shoulders."""


@dataclass(frozen=True)
class Peak:
    """One maximum of a correlation map."""

    shift: Whole
    between: NDArray[np.float64]
    """The same with a fraction of a pixel, from the heights beside it."""
    height: float
    width: NDArray[np.float64]
    """Half width at half height per axis, in pixels, at least 1."""
    rival: float
    """Height of the best maximum elsewhere; 0 if there is none."""


def best_peak(found: CorrelationMap) -> Peak | None:
    """Return the highest peak; None if nothing correlates.

    Args:
        found: The correlation at every shift.
    """
    places, heights = found.maxima
    if not len(places):
        return None
    width = _half_widths(found.values, places[0], float(heights[0]))
    apart = ~_near(places, places[0], width)
    return Peak(
        shift=tuple(int(n) + first for n, first in zip(places[0], found.first, strict=True)),
        between=places[0] + found.first + _fraction(found.values, places[0]),
        height=float(heights[0]),
        width=width,
        rival=float(heights[apart].max(initial=0)),
    )


def rival_of(found: CorrelationMap, shift: Whole, width: NDArray[np.float64]) -> float:
    """Return the best height elsewhere, as a share of the height at a shift; 1 is as good.

    Args:
        found: The correlation at every shift.
        shift: Whole pixels; outside the map nothing matches.
        width: Half width per axis of what counts as this peak.
    """
    place = np.array([n - first for n, first in zip(shift, found.first, strict=True)])
    around = tuple(slice(max(0, n - 1), max(0, n + 2)) for n in place)
    height = float(found.values[around].max(initial=0))
    places, heights = found.maxima
    elsewhere = float(heights[~_near(places, place, width)].max(initial=0))
    return elsewhere / height if height > 0 else 1.0


def _near(
    places: NDArray[np.intp], centre: NDArray[np.intp], width: NDArray[np.float64]
) -> NDArray[np.bool_]:
    reach = np.maximum(LOBE * width, 3.0)
    near: NDArray[np.bool_] = np.sum(((places - centre) / reach) ** 2, axis=1) <= 1
    return near


def _half_widths(
    values: NDArray[np.float32], place: NDArray[np.intp], height: float
) -> NDArray[np.float64]:
    widths = np.ones(values.ndim)
    for axis in range(values.ndim):
        line = values[tuple(slice(None) if n == axis else at for n, at in enumerate(place))]
        below = line < height / 2
        after = np.flatnonzero(below[place[axis] :])
        before = np.flatnonzero(below[: place[axis] + 1][::-1])
        sides = [float(side[0]) for side in (after, before) if len(side)]
        # A peak that never falls to half says nothing about its place along this axis.
        widths[axis] = max(1.0, sum(sides) / len(sides) if sides else float(len(line)))
    return widths


def _fraction(values: NDArray[np.float32], place: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return where the parabola through three heights is highest, along each axis."""
    fraction = np.zeros(values.ndim)
    for axis, at in enumerate(place):
        if not 0 < at < values.shape[axis] - 1:
            continue
        before, here, after = (
            float(values[tuple(place + by * (np.arange(values.ndim) == axis))]) for by in (-1, 0, 1)
        )
        bend = before - 2 * here + after
        if bend < 0:
            fraction[axis] = np.clip((before - after) / (2 * bend), -0.5, 0.5)
    return fraction
