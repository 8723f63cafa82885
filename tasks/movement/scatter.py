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


def well_means(fields: FieldShifts, values: Floats) -> Floats:
    """Return the mean of each well's fields, axes (well, …)."""
    counts = np.bincount(fields.wells)
    sums = [np.bincount(fields.wells, weights=values[:, n]) for n in range(values.shape[1])]
    means: Floats = np.stack(sums, axis=1) / counts[:, None]
    return means
