"""A rotation is told where it counts."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.movement.fit import fit_movement
from tasks.movement.movement import Movement
from tasks.movement.rotation import describe_movement, left_in_corner, warning_of
from tests.movement.plates import moved_plate, names

HALF_DIAGONAL = float(np.hypot(2160, 2560)) / 2


def turned_by(degrees: float, *, noise: float = 1.0) -> Movement:
    plate = moved_plate(turn=2 * np.tan(np.radians(degrees) / 2), wells_noise=noise)
    return fit_movement(2, plate, names(plate))


@pytest.mark.parametrize(("degrees", "pixels"), [(0.1, 2.9), (0.26, 7.6), (-0.5, 14.6)])
def test_what_is_left_in_a_corner_is_what_was_measured_on_turned_images(
    degrees: float, pixels: float
) -> None:
    found = turned_by(degrees)
    assert left_in_corner(found, HALF_DIAGONAL) == pytest.approx(pixels, rel=0.02)
    told = warning_of(found, HALF_DIAGONAL, 1.0)
    assert f"acquisition 2 is turned by {degrees:.2f}" in told
    assert f"up to {pixels:.1f} pixels" in told or f"up to {pixels - 0.1:.1f} pixels" in told


def test_little_is_not_warned_of() -> None:
    assert warning_of(turned_by(0.01), HALF_DIAGONAL, 1.0) == ""
    assert warning_of(turned_by(0.1), HALF_DIAGONAL, 8.0) == ""


def test_an_angle_that_is_not_known_is_no_rotation() -> None:
    plate = moved_plate(rows=1, columns=1, fields=2, fields_noise=1)
    assert warning_of(fit_movement(1, plate, names(plate)), HALF_DIAGONAL, 0.1) == ""


def test_the_movement_in_words() -> None:
    told = describe_movement(turned_by(0.3), HALF_DIAGONAL, 1.0)
    assert "acquisition 2: y " in told
    assert "turned by 0.300 +/- 0.00" in told
    assert "24 of 24 wells follow" in told
    plate = moved_plate(rows=4, columns=6)
    plate.shifts[plate.wells >= 18, 1] += 70
    told = describe_movement(fit_movement(3, plate, names(plate)), HALF_DIAGONAL, 1.0)
    assert told == "acquisition 3: the plate did not move as one (it slipped on the way)"
    few = moved_plate(rows=1, columns=3)
    told = describe_movement(fit_movement(3, few, names(few)), HALF_DIAGONAL, 1.0)
    assert told.startswith("acquisition 3: how the plate moved is not known (3 of 3 wells agree")
    loose = moved_plate(rows=4, columns=6, wells_noise=500)
    told = describe_movement(fit_movement(3, loose, names(loose)), HALF_DIAGONAL, 1.0)
    assert "did not move as one (wells lie " in told
