"""From what fields propose to what is known of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tasks.movement.evidence import ImageEvidence, Proposal
from tasks.movement.plate import fit_plate, know_image
from tests.movement.plates import candidate, proposal

WELLS = [f"{row}/{column:02d}" for row in "ABCD" for column in range(1, 7)]
TURN = 0.002
PITCH = 9.0


def region(well: str, name: str, *, shows: str = "cells") -> Proposal:
    row, column = "ABCD".index(well[0]), int(well[2:]) - 1
    y, x = 80.0 - TURN * column * 9000, -45.0 + TURN * row * 9000
    found = {
        "cells": [candidate((0.0, y, x))],
        "nothing": [],
        "something else": [candidate((0.0, y + 60, x))],
    }[shows]
    return proposal(*found, region=name)


def image(well: str, *shows: str, name: str = "1", acquisition: int = 1) -> ImageEvidence:
    return ImageEvidence(
        well=well,
        image=name,
        acquisition=acquisition,
        reference="0",
        reference_acquisition=0,
        regions=tuple(region(well, f"FOV_{n + 1}", shows=each) for n, each in enumerate(shows)),
    )


def known(one: ImageEvidence, plate: Sequence[ImageEvidence]) -> list[tuple[str, bool]]:
    """Return what each region's prediction rests on, and whether it is right."""
    moved = fit_plate(plate, PITCH)
    well = [each for each in plate if each.well == one.well]
    found = []
    for each, truth in zip(know_image(one, well, moved), one.regions, strict=True):
        expected = region(one.well, truth.region).candidates[0].translation
        if each.prediction is None:
            found.append(("nobody", False))
        else:
            found.append((each.prediction.by, each.prediction.allows(expected)))
    return found


def test_the_image_comes_first_then_its_well_then_the_plate() -> None:
    plate = [image(well, "cells") for well in WELLS[2:]]
    several = image(WELLS[0], "nothing", "cells")
    corrected = image(WELLS[1], "nothing", "nothing", name="1_corrected")
    raw = image(WELLS[1], "nothing", "cells")
    empty = image("D/06", "nothing", name="1")
    plate = [each for each in plate if each.well != "D/06"]
    plate += [several, corrected, raw, empty]
    assert known(several, plate)[0] == ("image", True)
    assert known(corrected, plate)[0] == ("well", True)
    assert known(empty, plate) == [("plate", True)]


def test_a_field_is_never_predicted_from_itself_or_its_other_image() -> None:
    plate = [image(well, "cells") for well in WELLS[:3]]
    twin = image("A/01", "cells", name="1_corrected")
    assert known(plate[0], [*plate, twin]) == [("nobody", False)]


def test_acquisitions_say_nothing_of_each_other() -> None:
    plate = [image(well, "cells") for well in WELLS]
    empty = image("A/01", "nothing", name="2", acquisition=2)
    assert known(empty, [*plate, empty]) == [("nobody", False)]
    assert [m.acquisition for m in fit_plate([*plate, empty], PITCH).movements] == [1]


def test_wells_may_be_missing_and_may_be_known_from_an_earlier_run() -> None:
    plate = [image(well, "cells") for well in WELLS[::3]]
    later = image("B/02", "nothing", "nothing")
    assert known(later, [*plate, later]) == [("plate", True)] * 2


def test_without_a_layout_a_turn_looks_like_wells_by_themselves() -> None:
    plate = [image(well, "cells") for well in WELLS]
    (movement,) = fit_plate(plate, None).movements
    assert not movement.moves_as_one
    (with_layout,) = fit_plate(plate, PITCH).movements
    assert with_layout.moves_as_one
    assert with_layout.turn == pytest.approx(TURN, rel=0.01)


def test_wells_of_other_names_stand_alone() -> None:
    odd = [
        image(well, "cells").model_copy(update={"well": f"left/{n}"})
        for n, well in enumerate(WELLS)
    ]
    assert len(fit_plate(odd, None).movements) == 1
