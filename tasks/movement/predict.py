"""What a field's shift must be by its well's other fields and by the plate, and how surely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit  # type: ignore[import-untyped]  # has no type information

from tasks.movement.evidence import Translation
from tasks.movement.field_shifts import FieldShifts, Floats
from tasks.movement.movement import Movement

_BEYOND = 1e-5
"""Share of right fields that lie further away than is stated, along each axis: so few that what
does is not believed."""

By = Literal["image", "well", "plate"]
"""Which fields a prediction rests on: the image's own, others of its well, or the plate's alone."""


@dataclass(frozen=True)
class Prediction:
    """Where a field's shift must lie."""

    translation: Translation
    within: Translation
    """Micrometers along z, y, x; 1 of 100,000 right shifts lies further away."""
    by: By
    fields: int
    """Of the well, that it rests on."""
    voices: int
    """Of the well, or wells that follow the plate's movement, that say so each by itself."""
    fills_in: bool = True
    """Whether it may stand where nothing was found; else it only says what is to be doubted."""
    unopposed: bool = False
    """Whether nothing is known of the well itself, and all that are known moved as one."""

    def allows(self, translation: Translation) -> bool:
        """Return whether a shift may be this field's at all."""
        away = abs(np.subtract(translation, self.translation))
        return bool(np.all(away <= np.array(self.within)))


def predict(
    movement: Movement,
    place: tuple[float, float],
    others: FieldShifts | None,
    *,
    by: By,
) -> Prediction | None:
    """Predict one field's shift, or None where nothing is known of it.

    The best linear unbiased prediction: the plate's movement, and the well's offset from it, which
    is the mean of what its other fields show, drawn towards the plate as far as that is uncertain
    (Henderson 1975). Uncertainties are Student's t with the degrees of freedom that there are.

    Wells that follow the plate's movement use it. For a well whose fields are sure of something
    else, and where the plate does not move as one, the well's fields alone count, and from two
    that agree on.

    Args:
        movement: Of the plate, or of what is known of it.
        place: Centre of the field on the plate, micrometers along y and x.
        others: What other fields of the well are sure of; None where there are none.
        by: What `others` are; `plate` where there are none.
    """
    where = np.array([place])
    if others is None:
        if not movement.moves_as_one:
            return None
        return _by_plate(movement, where, np.zeros((0, 3)), by)
    rests = others.shifts - movement.rigid.at(others.places)
    least = 1
    if movement.moves_as_one:
        deviation = float(np.hypot(movement.within[1], movement.between[1]))
        follows = _close(rests, deviation, movement.freedom_between)
        if follows.any():
            return _by_plate(movement, where, rests[follows], by)
        least = 2
    rests = rests - (middle := np.median(rests, axis=0))
    agree = _close(rests, movement.within[1], movement.freedom_within)
    if np.count_nonzero(agree) < least:
        return None
    return _by_well(movement, where, others.places[agree], (rests + middle)[agree], by)


def _close(rests: Floats, deviation: float, freedom: float) -> NDArray[np.bool_]:
    close: NDArray[np.bool_] = np.all(
        abs(rests[:, 1:]) <= stdtrit(freedom, 1 - _BEYOND / 2) * deviation, axis=1
    )
    return close


def _by_plate(movement: Movement, where: Floats, rests: Floats, by: By) -> Prediction:
    count = len(rests)
    within, between = np.square(movement.within), np.square(movement.between)
    drawn = count * between / np.maximum(within + count * between, 1e-12)
    offset = rests.sum(axis=0) / max(1, count) * drawn[[0, 1, 1]]
    of_plate = np.array([between[0] / max(1, movement.wells), movement.variance_at(where)[0]])
    # What the well's fields show already tells most of where the plate is there.
    variance = within + between * (1 - drawn) + of_plate * (1 - drawn) ** 2
    freedom = movement.freedom_within if count else movement.freedom_between
    found = _prediction(movement.rigid.at(where)[0] + offset, variance, freedom, by, count)
    return replace(
        found,
        voices=max(count, movement.wells),
        fills_in=count > 0 or movement.speaks_for_others,
        unopposed=count == 0 and movement.leaves_only_chance,
    )


def _by_well(
    movement: Movement, where: Floats, places: Floats, rests: Floats, by: By
) -> Prediction:
    count = len(rests)
    middle = places.mean(axis=0)
    away = float(np.max(abs(where[0] - middle)))
    within = np.square(movement.within)
    turned = np.array([0.0, away**2 * movement.covariance[2][2]])
    variance = within * (1 + 1 / count) + turned
    value = movement.rigid.at(where)[0] + rests.mean(axis=0)
    return _prediction(value, variance, movement.freedom_within, by, count)


def _prediction(value: Floats, variance: Floats, freedom: float, by: By, count: int) -> Prediction:
    deviation = np.sqrt(variance)[[0, 1, 1]]

    reach = stdtrit(freedom, 1 - _BEYOND / 2) * deviation
    z, y, x = (float(n) for n in value)
    within = (float(reach[0]), float(reach[1]), float(reach[2]))
    return Prediction((z, y, x), within, by, count, voices=count)
