"""Fit the movement of a plate to the shifts that its fields are sure of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.movement.field_shifts import FieldShifts, Floats
from tasks.movement.movement import Movement
from tasks.movement.rigid import PLAUSIBLE_TURN, Rigid, find_rigid
from tasks.movement.scatter import (
    STAGE,
    Scatter,
    difference_of_neighbours,
    find_scatter,
    well_means,
)

_FOLLOWS = 4.5
"""Standard deviations within which a field follows the movement."""

_ROUNDS = 8

_ALIKE, _SHARE_ALIKE = 3, 0.2
"""Wells apart from the movement that moved alike, and their share of all that are apart, from which
on the plate is said to have slipped; single wells are moved by whoever handles them."""


def fit_movement(acquisition: int, fields: FieldShifts, names: Sequence[str]) -> Movement:
    """Fit one movement to the fields of one acquisition.

    A robust start, then generalised least squares over the fields that follow it: a well's fields
    share the well's offset, so that they count together little more than one. Where fields lie so
    close that they say nothing of the turn, it stays near 0 and its error is what plates do.

    Args:
        acquisition: Which.
        fields: What the fields are sure of; at least one.
        names: Of the wells, by their number.
    """
    rigid, deviation = find_rigid(fields)
    follows = np.ones(len(fields), dtype=bool)
    deviation = max(deviation, _least(fields))
    for _ in range(_ROUNDS):
        rests = fields.shifts - rigid.at(fields.places)
        now = np.max(abs(rests[:, 1:]), axis=1) <= _FOLLOWS * deviation
        if not now.any():
            break
        kept = fields.only(now)
        scatter = find_scatter(kept, rests[now])
        rigid, covariance = _least_squares(kept, scatter, rigid.centre)
        total = float(np.hypot(scatter.within[1], scatter.between[1]))
        if np.array_equal(now, follows) and abs(total - deviation) <= 1e-3 * deviation:
            break
        follows, deviation = now, max(total, _least(fields))
    kept = fields.only(follows)
    scatter = find_scatter(kept, kept.shifts - rigid.at(kept.places))
    rigid, covariance = _least_squares(kept, scatter, rigid.centre)
    apart, slipped = _wells_apart(fields, follows, rigid, deviation)
    z, y, x = (float(n) for n in rigid.at_centre)
    return Movement(
        acquisition=acquisition,
        centre=(float(rigid.centre[0]), float(rigid.centre[1])),
        at_centre=(z, y, x),
        turn=rigid.turn,
        covariance=tuple((float(a), float(b), float(c)) for a, b, c in covariance),
        within=(float(scatter.within[0]), float(scatter.within[1])),
        between=(float(scatter.between[0]), float(scatter.between[1])),
        freedom_within=scatter.freedom_within,
        freedom_between=scatter.freedom_between,
        wells=len(np.unique(fields.wells[follows])),
        fields=int(np.count_nonzero(follows)),
        neighbours=difference_of_neighbours(kept, kept.shifts - rigid.at(kept.places)),
        apart=tuple(names[n] for n in apart),
        slipped=slipped,
        side=fields.side,
    )


def _least(fields: FieldShifts) -> float:
    """Return a deviation below which none is believed: shifts that agree to the last digit."""
    return max(float(np.median(fields.errors)), STAGE * fields.side)


def _least_squares(
    fields: FieldShifts, scatter: Scatter, centre: Floats
) -> tuple[Rigid, NDArray[np.float64]]:
    """Return the movement, and the covariance of its y, x and turn.

    The inverse covariance of a well's n fields is (1 - g 11') / within^2 with
    g = between^2 / (within^2 + n between^2) (Sherman & Morrison).
    """
    within, between = scatter.within[1] ** 2, scatter.between[1] ** 2
    places, shifts = fields.places - centre, fields.shifts[:, 1:]
    counts = np.bincount(fields.wells)
    common = between / (within + counts * between)
    # Sums over a well's fields of the design along y (1, 0, -x) and along x (0, 1, y).
    sums = well_means(fields, np.column_stack([places, shifts])) * counts[:, None]
    y, x, dy, dx = sums.T
    weights = counts - common * counts**2
    once = 1 - common * counts
    normal = np.diag([weights.sum(), weights.sum(), 0.0])
    normal[0, 2] = normal[2, 0] = -(once * x).sum()
    normal[1, 2] = normal[2, 1] = (once * y).sum()
    normal[2, 2] = (places**2).sum() - (common * (x**2 + y**2)).sum()
    right = np.array(
        [
            (once * dy).sum(),
            (once * dx).sum(),
            (places[:, 0] * shifts[:, 1] - places[:, 1] * shifts[:, 0]).sum()
            - (common * (y * dx - x * dy)).sum(),
        ]
    )
    normal, right = normal / within, right / within
    normal[2, 2] += 1 / PLAUSIBLE_TURN**2
    covariance = np.linalg.inv(normal)
    to_y, to_x, turn = covariance @ right
    # Along z nothing turns: the mean of the wells.
    means = well_means(fields, fields.shifts[:, :1])
    rigid = Rigid(centre=centre, at_centre=np.array([means.mean(), to_y, to_x]), turn=float(turn))
    return rigid, covariance


def _wells_apart(
    fields: FieldShifts, follows: NDArray[np.bool_], rigid: Rigid, deviation: float
) -> tuple[NDArray[np.intp], bool]:
    """Return the wells none of whose fields follow, and whether several of them moved alike."""
    following = np.bincount(fields.wells, weights=follows)
    apart = np.flatnonzero(following == 0)
    chosen = following[fields.wells] == 0
    if not len(apart):
        return apart, False
    rests = well_means(fields.only(chosen), (fields.shifts - rigid.at(fields.places))[chosen])
    away = np.linalg.norm(rests[:, None, 1:] - rests[None, :, 1:], axis=2)
    alike = int((away <= _FOLLOWS * deviation).sum(axis=1).max())
    return apart, alike >= max(_ALIKE, _SHARE_ALIKE * len(apart))
