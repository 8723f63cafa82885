"""How much wells and fields differ from the plate's movement, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.movement.field_shifts import FieldShifts, Floats

STAGE = 0.005
"""Share of a field's side by which a stage errs, where nothing has been measured yet: stages are
made for their fields."""

_BELIEF = 4.0
"""Measurements that this is worth, against those that were made."""

_FREEDOM = 30.0
"""Degrees of freedom of a deviation that is only believed: no stage errs by many times that."""

_NEXT = 1.2
"""Distances of adjoining wells up to which two adjoin; that of two across a corner is 1.4."""

_ENOUGH_PAIRS = 20
"""Pairs of adjoining wells from which on they tell whether they are alike."""


@dataclass(frozen=True)
class Scatter:
    """Standard deviations along z and along y or x, micrometers."""

    within: Floats
    """Of a field around its well's own offset; shape (2,)."""
    between: Floats
    """Of a well's offset around the plate's movement; shape (2,)."""
    freedom_within: float
    """Degrees of freedom behind `within`, along y or x."""
    freedom_between: float


def find_scatter(fields: FieldShifts, rests: Floats) -> Scatter:
    """Split what a movement leaves into a part of the well and a part of the field.

    One-way analysis of variance with unequal groups; both variances are drawn towards what a stage
    does (conjugate prior), so that two fields that happen to agree are not believed to be exact.

    Args:
        fields: The fields that follow the movement.
        rests: What it leaves of their shifts, axes (field, z y x), micrometers.
    """
    counts = np.bincount(fields.wells)
    means = well_means(fields, rests)
    wells, count = len(counts), len(fields)
    prior = (STAGE * fields.side) ** 2
    squares = (rests - means[fields.wells]) ** 2
    inside = np.array([squares[:, 0].sum(), squares[:, 1:].sum()])
    free = np.array([count - wells, 2 * (count - wells)], dtype=float)
    # A field is never known better than its own shift was measured.
    least = float(np.mean(fields.errors**2))
    outside = np.array([(means[:, 0] ** 2).sum(), (means[:, 1:] ** 2).sum()])
    # The movement was fitted to these wells: one number along z, three along y and x.
    free_wells = np.maximum(np.array([wells - 1, 2 * wells - 3], dtype=float), 0)
    of_means = (_BELIEF * 2 * prior + outside) / (_BELIEF + free_wells)
    if count > wells or wells == 1:
        within = np.maximum((_BELIEF * prior + inside) / (_BELIEF + free), least)
        between = np.maximum(of_means - within * float(np.mean(1 / counts)), 0)
    else:
        # One field in each well: what is the well's and what the field's cannot be told apart.
        within = np.maximum(of_means, least)
        between = np.zeros(2)
        free = free_wells
    return Scatter(
        within=np.sqrt(within),
        between=np.sqrt(between),
        freedom_within=float(_FREEDOM + free[1]),
        freedom_between=float(_FREEDOM + free_wells[1]),
    )


def difference_of_neighbours(fields: FieldShifts, rests: Floats) -> float:
    """Return how much adjoining wells differ, as a share of how much any two do.

    About 1 where a stage errs in each well by itself. Much less where a part of the plate slipped,
    or it is bent: adjoining wells are then alike, and a movement of the whole does not hold
    (Geary's contiguity ratio, The Incorporated Statistician 5, 1954, 115-146).

    Args:
        fields: The fields that follow the movement.
        rests: What it leaves of their shifts, axes (field, z y x), micrometers.

    Returns:
        0 where too few wells adjoin, or their places are not known.
    """
    places, means = well_means(fields, fields.places), well_means(fields, rests[:, 1:])
    one, two = np.triu_indices(len(places), 1)
    distances = np.linalg.norm(places[one] - places[two], axis=1)
    differences = np.sum((means[one] - means[two]) ** 2, axis=1)
    # Where the layout is not known, all wells lie at one place.
    least = float(distances.min(initial=np.inf))
    adjoin = distances <= _NEXT * least
    if least < fields.side or np.count_nonzero(adjoin) < _ENOUGH_PAIRS or not differences.any():
        return 0.0
    return float(differences[adjoin].mean() / differences.mean())


def well_means(fields: FieldShifts, values: Floats) -> Floats:
    """Return the mean of each well's fields, axes (well, …)."""
    counts = np.bincount(fields.wells)
    sums = [np.bincount(fields.wells, weights=values[:, n]) for n in range(values.shape[1])]
    means: Floats = np.stack(sums, axis=1) / counts[:, None]
    return means
