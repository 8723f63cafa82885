"""A finished image is recognised; anything else is not."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import zarr

from tasks.plan.errors import InvalidInputError, VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Interpolation
from tasks.storage.provenance import (
    EARLIER,
    KEY,
    is_output,
    is_up_to_date,
    make_provenance,
    read_provenance,
    write_provenance,
)
from tasks.storage.staging import start_staging
from tests.plate_tables import write_regions
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.trees import digest_tree

MODES = pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])


def test_the_record_says_what_was_done(plan: RegistrationPlan) -> None:
    record = make_provenance(plan)
    assert record["registered_roi_table"] == "registered"
    assert record["reference"] == {"name": "0", "acquisition": 0}
    assert (record["origin"], record["acquisition"]) == ("1", 1)
    # The regions of image 1 lie 4 pixels further right, and are brought back.
    assert record["shifts"] == {"FOV_1": {"y": 0, "x": -4}, "FOV_2": {"y": 0, "x": 0}}


@MODES
def test_a_finished_image_is_up_to_date(well: Path, overwrite_input: bool) -> None:
    assert not is_up_to_date(make_plan(well, overwrite_input=overwrite_input))
    plan = register(well / "1", overwrite_input=overwrite_input)
    assert is_up_to_date(make_plan(well, overwrite_input=overwrite_input))
    assert is_output(plan.output_path) is not overwrite_input
    assert not is_output(well / "0")


@MODES
@pytest.mark.parametrize("changed", ["0", "1"])
def test_a_changed_table_is_not_up_to_date(well: Path, overwrite_input: bool, changed: str) -> None:
    register(well / "1", overwrite_input=overwrite_input)
    regions = {"FOV_1": {"y": (0.0, 8.0), "x": (1.0, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
    write_regions(well / changed, "registered", regions)
    assert not is_up_to_date(make_plan(well, overwrite_input=overwrite_input))


@MODES
def test_other_parameters_are_not_up_to_date(well: Path, overwrite_input: bool) -> None:
    register(well / "1", overwrite_input=overwrite_input)
    plan = make_plan(well, overwrite_input=overwrite_input, register_labels=False)
    assert not is_up_to_date(plan)


def test_another_release_does_not_make_results_stale(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(well / "1", overwrite_input=False)
    monkeypatch.setattr("tasks.storage.provenance.version", lambda _: "99.0")
    assert is_up_to_date(make_plan(well, overwrite_input=False))


def test_the_first_shift_is_remembered(well: Path) -> None:
    first = make_provenance(register(well / "1"))
    regions = {"FOV_1": {"y": (0.0, 8.0), "x": (1.0, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
    write_regions(well / "1", "registered", regions)
    register(well / "1")
    record = read_provenance(well / "1")
    assert record is not None
    assert record["shifts"]["FOV_1"] == {"y": 0, "x": -1}
    assert record[EARLIER] == [first]


def test_doing_a_finished_image_again_changes_no_byte(well: Path) -> None:
    register(well / "1")
    finished = digest_tree(well / "1")
    register(well / "1")
    assert digest_tree(well / "1") == finished


def test_only_the_record_is_added(plan: RegistrationPlan) -> None:
    staged = start_staging(plan)
    write_provenance(plan)
    attributes = dict(zarr.open_group(staged, mode="r").attrs)
    assert attributes.pop(KEY) == make_provenance(plan)
    assert attributes == dict(zarr.open_group(plan.image_path, mode="r").attrs)


def test_without_a_staged_image(plan: RegistrationPlan) -> None:
    with pytest.raises(VerificationError, match="no staged image"):
        write_provenance(plan)


@MODES
def test_an_attempt_that_came_further_writes_nothing(well: Path, overwrite_input: bool) -> None:
    plan = register(well / "1", overwrite_input=overwrite_input)
    before = digest_tree(well)
    write_provenance(plan)
    assert digest_tree(well) == before


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


def test_a_new_table_may_be_followed_with_another_interpolation(well: Path) -> None:
    first = make_provenance(register(well / "1"))
    regions = {"FOV_1": {"y": (0.0, 8.0), "x": (0.3, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}}
    write_regions(well / "1", "registered", regions)
    register(well / "1", interpolation="linear")
    record = read_provenance(well / "1")
    assert record is not None
    assert record["fractions"] == {"FOV_1": {"y": 0.0, "x": -0.3}}
    assert record[EARLIER] == [first]
