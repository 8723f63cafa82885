"""What a field must be: by its image, its well, its plate; and how far it may be off."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.movement.field_shifts import FieldShifts
from tasks.movement.fit import fit_movement
from tasks.movement.predict import Prediction, predict
from tests.movement.plates import PUT_BACK, SIDE, moved_plate, names


def left_out(plate: FieldShifts, field: int, *, alone: bool = False) -> Prediction | None:
    """Predict a field from all others; `alone`: as if its whole well had nothing in it."""
    other = plate.wells != plate.wells[field] if alone else np.arange(len(plate)) != field
    known = plate.only(other)
    movement = fit_movement(1, known, names(plate))
    own = plate.wells == plate.wells[field]
    own[field] = False
    others = None if alone or not own.any() else plate.only(own)
    y, x = plate.places[field]
    return predict(movement, (y, x), others, by="image" if others else "plate")


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("wells_noise", "fields_noise"), [(3.0, 1.0), (0.5, 2.0), (6.0, 0.5)])
def test_the_stated_uncertainty_holds_and_is_no_larger_than_it_must_be(
    wells_noise: float, fields_noise: float, alone: bool
) -> None:
    plate = moved_plate(
        rows=4, columns=6, turn=0.004, wells_noise=wells_noise, fields_noise=fields_noise, seed=7
    )
    found = [left_out(plate, n, alone=alone) for n in range(0, len(plate), 3)]
    away = np.array(
        [
            np.subtract(one.translation, plate.shifts[3 * n])
            for n, one in enumerate(found)
            if one is not None
        ]
    )
    within = np.array([one.within for one in found if one is not None])
    assert len(away) == len(found)
    assert np.all(abs(away[:, 1:]) <= within[:, 1:])
    typical = np.sqrt(np.mean(away[:, 1:] ** 2))
    assert 3.5 < np.median(within[:, 1:]) / typical < 8


def test_few_wells_tell_less() -> None:
    def reach(rows: int, columns: int) -> float:
        found = [
            left_out(
                moved_plate(rows=rows, columns=columns, fields=1, wells_noise=3, seed=seed),
                0,
                alone=True,
            )
            for seed in range(9)
        ]
        return float(np.median([np.inf if one is None else one.within[1] for one in found]))

    assert reach(1, 6) > 1.2 * reach(8, 12)


def test_too_few_wells_say_nothing_of_another() -> None:
    assert left_out(moved_plate(rows=1, columns=4), 0, alone=True) is None


def test_in_one_well_the_image_speaks_for_itself() -> None:
    found = left_out(moved_plate(rows=1, columns=1, fields=2), 0)
    assert found is not None
    assert found.translation == pytest.approx(PUT_BACK)
    assert max(found.within) < 0.05 * SIDE
    assert found.by == "image"


def test_two_fields_that_disagree_say_nothing_useful_of_a_third() -> None:
    plate = moved_plate(rows=1, columns=1, fields=3)
    plate.shifts[0, 1] += 70
    found = left_out(plate, 2)
    assert found is None or max(found.within) > 0.2 * SIDE


def test_a_well_that_moved_by_itself_is_believed_where_two_of_its_fields_agree() -> None:
    plate = moved_plate(wells_noise=2, fields_noise=1, fields=3)
    plate.shifts[plate.wells == 5, 1] += 60
    third = int(np.flatnonzero(plate.wells == 5)[2])
    found = left_out(plate, third)
    assert found is not None
    assert found.allows(tuple(plate.shifts[third]))
    both = moved_plate(wells_noise=2, fields_noise=1, fields=2)
    both.shifts[both.wells == 5, 1] += 60
    assert left_out(both, int(np.flatnonzero(both.wells == 5)[1])) is None


def test_one_wrong_field_of_a_well_does_not_speak_for_it() -> None:
    plate = moved_plate(wells_noise=2, fields_noise=1)
    first, second = np.flatnonzero(plate.wells == 5)[:2]
    truth = plate.shifts[second].copy()
    plate.shifts[first, 1] += 90
    found = left_out(plate, int(second))
    assert found is not None
    assert found.fields == 2
    assert found.allows(tuple(truth))


def test_the_plate_is_unopposed_only_where_nothing_shows_and_no_other_well_strayed() -> None:
    plate = moved_plate(wells_noise=2, fields_noise=1)
    alone, beside = left_out(plate, 0, alone=True), left_out(plate, 0)
    assert alone is not None
    assert beside is not None
    assert (alone.unopposed, beside.unopposed) == (True, False)
    plate.shifts[plate.wells == 5, 1] += 60
    opposed = left_out(plate, 0, alone=True)
    assert opposed is not None
    assert (opposed.fills_in, opposed.unopposed) == (True, False)


def test_where_many_wells_stray_the_plate_fills_in_nothing_but_is_a_test_still() -> None:
    plate = moved_plate(rows=4, columns=6, fields=1, wells_noise=1)
    rng = np.random.default_rng(0)
    plate.shifts[[2, 9, 15, 21], 1:] += rng.uniform(60, 200, (4, 2))
    found = left_out(plate, 0, alone=True)
    assert found is not None
    assert not found.fills_in
    assert not found.allows(tuple(plate.shifts[9]))
