"""What a movement leaves: whether wells err each by itself, or adjoining ones alike."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.movement.field_shifts import FieldShifts
from tasks.movement.fit import fit_movement
from tests.movement.plates import moved_plate, names


def plate(*, rows: int = 8, columns: int = 12, pitch: float = 9000.0, seed: int = 0) -> FieldShifts:
    return moved_plate(
        rows=rows, columns=columns, fields=2, wells_noise=3, turn=0.001, pitch=pitch, seed=seed
    )


@pytest.mark.parametrize("seed", range(5))
def test_wells_that_err_each_by_itself_leave_only_chance(seed: int) -> None:
    known = plate(seed=seed)
    movement = fit_movement(1, known, names(known))
    assert movement.neighbours == pytest.approx(1, abs=0.25)
    assert movement.leaves_only_chance


@pytest.mark.parametrize("seed", range(5))
def test_a_slip_that_hides_in_the_scatter_shows_in_adjoining_wells(seed: int) -> None:
    known = plate(seed=seed)
    known.shifts[known.wells >= 48, 1:] += (13, -11)
    movement = fit_movement(1, known, names(known))
    assert not movement.slipped
    assert not movement.apart
    assert movement.neighbours < 0.6
    assert not movement.leaves_only_chance


@pytest.mark.parametrize(
    "known", [plate(rows=2, columns=6), plate(pitch=0.0)], ids=["too few wells", "no layout"]
)
def test_where_too_few_wells_adjoin_nothing_is_said(known: FieldShifts) -> None:
    movement = fit_movement(1, known, names(known))
    assert movement.neighbours == 0
    assert not movement.leaves_only_chance


def test_plates_without_any_error_leave_no_chance() -> None:
    known = moved_plate(rows=4, columns=6)
    known.shifts[:] = np.array([0.0, 5.0, 5.0])
    assert fit_movement(1, known, names(known)).neighbours == 0
