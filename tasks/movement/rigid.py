"""Find the one rotation and translation that most fields of an acquisition agree with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.movement.field_shifts import FieldShifts, Floats
from tasks.movement.scatter import STAGE

PLAUSIBLE_TURN = np.radians(0.3)
"""A plate that is put back turns by about this; where fields say nothing of the turn, it is this
uncertain (ashlar#127 and #234 report 0.1 to 1 degree, robots reach 0.4)."""

_MOST_TURN = np.radians(5.0)
"""No holder lets a plate turn by more."""

_PAIRS = 300
_JUDGES = 300
"""Pairs of fields that propose a movement, and fields that judge each: enough that a pair of right
ones is among them wherever a third are right."""

_MEDIAN_OF_LENGTH = 1.1774
"""Median length of a vector whose two parts are normal with standard deviation 1."""


@dataclass(frozen=True)
class Rigid:
    """Where a plate was put back: translation = `at_centre` + `turn` * J (place - centre).

    J turns a vector by 90 degrees, (y, x) to (-x, y). `turn` is 2 tan(angle / 2): a shift measured
    over an overlap holds at the overlap's centre, half way between the region in the image and in
    the reference, and there the movement is linear in this number however large the angle
    (Cayley's form of a rotation).
    """

    centre: Floats
    """Micrometers along y and x on the plate."""
    at_centre: Floats
    """Micrometers along z, y, x."""
    turn: float

    def at(self, places: Floats) -> Floats:
        """Return the translation at places on the plate, axes (place, z y x), micrometers."""
        return self.at_centre + _turned(places - self.centre, self.turn)


def find_rigid(fields: FieldShifts) -> tuple[Rigid, float]:
    """Return the movement whose median distance to the fields is least, and their deviation.

    Least median of squares (Rousseeuw 1984), over movements that pairs of fields propose, and such
    that only move. Every well counts the same. The choice is the same in every run.

    Args:
        fields: At least one.

    Returns:
        The movement, and the standard deviation, micrometers along y or x, of those that agree.
    """
    judges = _spread_out(fields, _JUDGES)
    centre = judges.places.mean(axis=0)
    places, shifts = judges.places - centre, judges.shifts[:, 1:]
    one, two = _pairs(judges)
    apart = places[two] - places[one]
    moved = shifts[two] - shifts[one]
    turns = (apart[:, 1] * -moved[:, 0] + apart[:, 0] * moved[:, 1]) / np.maximum(
        np.sum(apart**2, axis=1), 1e-9
    )
    # Fields so close that a stage's error is a larger turn than plates make say nothing of it.
    close = STAGE * fields.side > PLAUSIBLE_TURN * np.linalg.norm(apart, axis=1)
    turns = np.where(close | (abs(turns) > _MOST_TURN), 0.0, turns)
    turns = np.concatenate([turns, np.zeros(len(judges))])
    middles = np.concatenate([(places[one] + places[two]) / 2, places])
    offsets = np.concatenate([(shifts[one] + shifts[two]) / 2, shifts])
    y = offsets[:, :1] - turns[:, None] * (places[:, 1] - middles[:, 1:]) - shifts[:, 0]
    x = offsets[:, 1:] + turns[:, None] * (places[:, 0] - middles[:, :1]) - shifts[:, 1]
    distances = np.sqrt(y**2 + x**2)
    medians = np.median(distances, axis=1)
    best = int(medians.argmin())
    at_centre = offsets[best] - _turned(middles[best], turns[best])[1:]
    middle = float(np.median(judges.shifts[:, 0]))
    rigid = Rigid(centre=centre, at_centre=np.array([middle, *at_centre]), turn=float(turns[best]))
    # Few fields come close to some movement by chance (Rousseeuw & Leroy 1987: 1 + 5 / (n - p)).
    free = max(1.0, len(np.unique(judges.wells)) - 1.5)
    return rigid, float(medians[best]) / _MEDIAN_OF_LENGTH * (1 + 5 / free)


def _turned(places: Floats, turn: float | np.float64) -> Floats:
    y, x = places[..., 0], places[..., 1]
    turned: Floats = np.stack([np.zeros_like(y), -turn * x, turn * y], axis=-1)
    return turned


def _spread_out(fields: FieldShifts, most: int) -> FieldShifts:
    """Return at most so many fields, the first of each well before the second of any."""
    order = np.lexsort((np.arange(len(fields)), fields.wells))
    wells = fields.wells[order]
    first = np.searchsorted(wells, wells)
    rank = np.empty(len(fields), dtype=np.intp)
    rank[order] = np.arange(len(fields)) - first
    chosen = np.zeros(len(fields), dtype=bool)
    by_rank = np.lexsort((fields.wells, rank))
    if len(by_rank) > most:
        # Evenly over the plate, not its first rows.
        whole = by_rank[: max(most, int(np.count_nonzero(rank == 0)))]
        by_rank = whole[np.linspace(0, len(whole) - 1, most).astype(np.intp)]
    chosen[by_rank] = True
    return fields.only(chosen)


def _pairs(fields: FieldShifts) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    count = len(fields)
    every = count * (count - 1) // 2
    if every <= _PAIRS:
        one, two = np.triu_indices(count, 1)
        return one, two
    rng = np.random.default_rng(0)
    one = rng.integers(0, count, _PAIRS)
    two = (one + rng.integers(1, count, _PAIRS)) % count
    return one, two
