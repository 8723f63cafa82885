"""Where pixels were interpolated, the record says how, and another way is not the same result."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Interpolation
from tasks.storage.provenance import is_up_to_date, make_provenance
from tests.plate_tables import write_regions
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.trees import digest_tree

BROKEN = {"FOV_1": {"y": (0.4, 8.0), "x": (4.0, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
"""Regions of image 1; the first lies 4 pixels and 0.4 from where the reference has it."""


def test_a_record_of_whole_pixels_says_nothing_of_interpolation(well: Path) -> None:
    # As before there was any: what was registered then is recognised.
    write_regions(well / "1", "registered", BROKEN)
    record = make_provenance(make_plan(well))
    assert set(record) == {
        "version",
        "registered_roi_table",
        "reference",
        "origin",
        "acquisition",
        "register_labels",
        "regions_digest",
        "reference_digest",
        "made_from",
        "frame",
        "shifts",
    }


def test_a_record_says_how_pixels_were_interpolated_and_by_which_fractions(well: Path) -> None:
    write_regions(well / "1", "registered", BROKEN)
    record = make_provenance(make_plan(well, interpolation="cubic"))
    assert record["interpolation"] == "cubic"
    assert record["shifts"] == {"FOV_1": {"y": 0, "x": -4}, "FOV_2": {"y": 0, "x": 0}}
    assert record["fractions"] == {"FOV_1": {"y": -0.4, "x": 0.0}}


KINDS: tuple[Interpolation, ...] = get_args(Interpolation)


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_beside_is_done_anew_with_another_interpolation(
    well: Path, kind: Interpolation
) -> None:
    write_regions(well / "1", "registered", BROKEN)
    register(well / "1", overwrite_input=False, interpolation=kind)
    for other in KINDS:
        plan = make_plan(well, overwrite_input=False, interpolation=other)
        assert is_up_to_date(plan) == (other == kind)


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_moved_in_place_refuses_another_interpolation(
    well: Path, kind: Interpolation
) -> None:
    write_regions(well / "1", "registered", BROKEN)
    register(well / "1", interpolation=kind)
    assert is_up_to_date(make_plan(well, interpolation=kind))
    for other in KINDS:
        if other != kind:
            with pytest.raises(InvalidInputError, match=f"moved the image in place with.*{kind}"):
                make_plan(well, interpolation=other)
    finished = digest_tree(well / "1")
    register(well / "1", interpolation=kind)
    assert digest_tree(well / "1") == finished


def test_what_was_in_place_from_the_first_takes_any_interpolation(well: Path) -> None:
    register(well / "0")
    assert not is_up_to_date(make_plan(well, "0", interpolation="linear"))
    register(well / "0", interpolation="linear")
    assert is_up_to_date(make_plan(well, "0", interpolation="linear"))
