"""One movement of the plate: found whatever is wrong on it, and denied where there is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.movement.fit import fit_movement
from tasks.movement.movement import Movement
from tests.movement.plates import PUT_BACK, moved_plate, names

DEGREE = np.pi / 180


@settings(max_examples=40, deadline=None)
@given(
    turn=st.floats(-0.5, 0.5),
    rows=st.integers(2, 6),
    columns=st.integers(2, 6),
    fields=st.integers(1, 5),
)
def test_an_exact_movement_is_found_exactly(
    turn: float, rows: int, columns: int, fields: int
) -> None:
    plate = moved_plate(rows=rows, columns=columns, fields=fields, turn=turn * DEGREE)
    found = fit_movement(1, plate, names(plate))
    assert found.moves_as_one
    assert found.degrees == pytest.approx(turn, abs=2e-4 + 0.01 * abs(turn))
    away = found.rigid.at(plate.places) - plate.shifts
    assert np.max(abs(away)) < 0.5


def test_the_turn_is_the_real_angle_between_two_photographs() -> None:
    # A rotation about a far point, each shift taken where the overlap's centre is: on any point of
    # the sample, half way between its two places.
    angle = 0.5 * DEGREE
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    plate = moved_plate()
    before = plate.places - [20000.0, 30000.0]
    after = before @ turned.T
    moved = dataclasses.replace(
        plate,
        places=(before + after) / 2,
        shifts=np.column_stack([np.zeros(len(plate)), after - before]),
    )
    found = fit_movement(1, moved, names(plate))
    assert found.degrees == pytest.approx(0.5, abs=1e-4)
    assert np.max(abs(found.rigid.at(moved.places) - moved.shifts)) < 0.05


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.25])
def test_wrong_shifts_do_not_bend_it(wrong: float) -> None:
    plate = moved_plate(
        rows=8, columns=12, turn=0.12 * DEGREE, wells_noise=3, fields_noise=1, seed=3
    )
    rng = np.random.default_rng(4)
    bad = rng.random(len(plate)) < wrong
    plate.shifts[bad, 1:] = rng.uniform(-300, 300, (int(bad.sum()), 2))
    found = fit_movement(1, plate, names(plate))
    assert found.degrees == pytest.approx(0.12, abs=5 * found.degrees_error)
    assert found.degrees_error < 0.002
    assert found.between[1] == pytest.approx(3, rel=0.25)
    assert found.within[1] == pytest.approx(1, rel=0.25)
    assert not found.slipped


def test_the_angles_error_is_honest() -> None:
    """Measured over many plates, the error of the angle is what each says of its own."""
    found = [
        fit_movement(1, plate, names(plate))
        for seed in range(60)
        for plate in [
            moved_plate(turn=0.1 * DEGREE, wells_noise=4, fields_noise=1, fields=2, seed=seed)
        ]
    ]
    errors = np.array([one.degrees - 0.1 for one in found])
    stated = np.array([one.degrees_error for one in found])
    assert 0.7 < np.sqrt(np.mean(errors**2)) / np.sqrt(np.mean(stated**2)) < 1.3


def test_fields_side_by_side_say_nothing_of_a_turn() -> None:
    plate = moved_plate(rows=1, columns=1, fields=2, fields_noise=1)
    found = fit_movement(1, plate, names(plate))
    assert abs(found.degrees) < found.degrees_error
    assert found.degrees_error > 0.1


def loose(kind: str) -> Movement:
    plate = moved_plate(rows=4, columns=6, fields=2, fields_noise=1, wells_noise=2)
    rng = np.random.default_rng(1)
    own = {
        "every well by itself": rng.uniform(-100, 100, (24, 2)),
        "half slipped": np.where(np.arange(24)[:, None] >= 12, [[70.0, -40.0]], 0.0),
        "a quarter slipped": np.where(np.arange(24)[:, None] >= 18, [[70.0, -40.0]], 0.0),
    }[kind]
    plate.shifts[:, 1:] += own[plate.wells]
    return fit_movement(1, plate, names(plate))


def test_a_plate_that_slipped_is_not_one() -> None:
    assert not loose("half slipped").moves_as_one
    quarter = loose("a quarter slipped")
    assert quarter.slipped
    assert len(quarter.apart) == 6
    assert not quarter.moves_as_one


def test_wells_that_move_by_themselves_are_not_one_plate_but_their_fields_stay_together() -> None:
    found = loose("every well by itself")
    assert not found.moves_as_one
    assert found.between[1] == pytest.approx(58, rel=0.4)
    assert found.within[1] == pytest.approx(1, rel=0.4)


def test_single_wells_apart_are_named() -> None:
    plate = moved_plate(rows=4, columns=6, fields=2, wells_noise=2, fields_noise=1)
    for well, by in ((3, 60.0), (17, -90.0)):
        plate.shifts[plate.wells == well, 1] += by
    found = fit_movement(1, plate, names(plate))
    assert found.apart == ("well 3", "well 17")
    assert found.moves_as_one
    assert found.speaks_for_others


def test_the_same_fields_give_the_same_movement_in_any_order() -> None:
    plate = moved_plate(rows=8, columns=12, fields=5, wells_noise=2, fields_noise=1)
    order = np.random.default_rng(0).permutation(len(plate))
    mixed = dataclasses.replace(
        plate,
        wells=plate.wells[order],
        places=plate.places[order],
        shifts=plate.shifts[order],
        errors=plate.errors[order],
    )
    one, other = (fit_movement(1, p, names(plate)) for p in (plate, mixed))
    assert one == fit_movement(1, plate, names(plate))
    assert other.degrees == pytest.approx(one.degrees, abs=1e-6)
    assert other.at_centre == pytest.approx(one.at_centre, abs=1e-2)


def test_one_field_is_a_movement_of_its_own() -> None:
    plate = moved_plate(rows=1, columns=1, fields=1)
    found = fit_movement(1, plate, names(plate))
    assert found.at_centre == pytest.approx(PUT_BACK)
    assert not found.moves_as_one
