"""A finished image is recognised; anything else is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import zarr

from tasks.plan.errors import VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.attributes import OUR_RECORD
from tasks.storage.provenance import (
    EARLIER,
    changes_since,
    is_output,
    is_up_to_date,
    make_provenance,
    read_provenance,
    write_provenance,
)
from tasks.storage.staging import stage_labels, start_staging
from tasks.tables.write import write_tables
from tests.plate_tables import add_feature_table, write_regions
from tests.plates import add_label, label_pixels, smooth_pixels, write_levels
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


def move_regions(image: Path) -> None:
    write_regions(image, "registered", {"FOV_1": {"x": (1.0, 20.0)}, "FOV_2": {"y": (8.0, 8.0)}})


def change_pixels(image: Path) -> None:
    write_levels(image, smooth_pixels((16, 32), "uint16", seed=9))


def change_a_label(image: Path) -> None:
    write_levels(image / "labels/nuclei", label_pixels([16, 32], "uint32", 9), order="nearest")


def add_a_label(image: Path) -> None:
    add_label(image, "cells", label_pixels([16, 32], "uint32", 9), axes="yx", pixel_size=1.0)


def add_regions(image: Path) -> None:
    write_regions(image, "wells", {"well": {}})


CHANGES = {
    "the regions of the image": ("1", move_regions),
    "the regions of the reference": ("0", move_regions),
    "the image's pixels": ("1", change_pixels),
    "label 'nuclei'": ("1", change_a_label),
    "label 'cells', which is new": ("1", add_a_label),
    "table 'features'": ("1", lambda image: add_feature_table(image, "features", "other")),
    "the reference's table 'wells', which is new": ("0", add_regions),
}


@pytest.mark.parametrize("told", CHANGES)
def test_a_result_is_stale_once_anything_it_was_made_from_has_changed(
    well: Path, told: str
) -> None:
    register(well / "1", overwrite_input=False)
    image, change = CHANGES[told]
    change(well / image)
    plan = make_plan(well, overwrite_input=False)
    assert told in changes_since(plan)
    assert not is_up_to_date(plan)
    register(well / "1", overwrite_input=False)
    assert is_up_to_date(make_plan(well, overwrite_input=False))


@MODES
def test_a_copy_of_the_plate_is_as_up_to_date(well: Path, overwrite_input: bool) -> None:
    for name in ("1", "0"):
        register(well / name, overwrite_input=overwrite_input)
    plate = well.parents[1].with_name("copy.zarr")
    shutil.copytree(well.parents[1], plate, copy_function=shutil.copyfile)
    for name in ("1", "0"):
        plan = make_plan(plate / "A" / "01", name, overwrite_input=overwrite_input)
        assert changes_since(plan) == ()
        assert is_up_to_date(plan)


def test_what_becomes_of_a_registered_image_is_its_own(well: Path) -> None:
    register(well / "1")
    change_pixels(well / "1")
    add_a_label(well / "1")
    add_feature_table(well / "1", "features", "cells")
    assert is_up_to_date(make_plan(well))


def test_other_parameters_are_not_up_to_date(well: Path) -> None:
    register(well / "1", overwrite_input=False)
    plan = make_plan(well, overwrite_input=False, register_labels=False)
    assert changes_since(plan) == ("whether labels move",)
    register(well / "1")
    assert is_up_to_date(make_plan(well, register_labels=False))


def test_another_release_does_not_make_results_stale(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(well / "1", overwrite_input=False)
    monkeypatch.setattr("tasks.storage.provenance.version", lambda _: "99.0")
    assert is_up_to_date(make_plan(well, overwrite_input=False))


def test_the_first_shift_is_remembered(well: Path) -> None:
    first = make_provenance(register(well / "1"))
    narrower = {"FOV_1": {"y": (0.0, 8.0), "x": (2.0, 10.0)}, "FOV_2": {"y": (8.0, 8.0)}}
    write_regions(well / "0", "registered", narrower)
    register(well / "1")
    record = read_provenance(well / "1")
    assert record is not None
    assert record["shifts"]["FOV_1"] == {"y": 0, "x": 0}
    assert record[EARLIER] == [first]


def test_doing_a_finished_image_again_changes_no_byte(well: Path) -> None:
    register(well / "1")
    finished = digest_tree(well / "1")
    register(well / "1")
    assert digest_tree(well / "1") == finished


def test_only_the_record_is_added(plan: RegistrationPlan) -> None:
    staged = start_staging(plan)
    stage_labels(plan)
    write_tables(plan, staged)
    write_provenance(plan)
    attributes = dict(zarr.open_group(staged, mode="r").attrs)
    record = attributes.pop(OUR_RECORD)
    tables = {f"tables/{table.name}" for table in plan.tables}
    assert tables
    assert set(record.pop("made")) == {"image", "labels/nuclei", *tables}
    assert record == make_provenance(plan)
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


def as_of_an_earlier_release(image: Path) -> None:
    """Leave of a record what releases before fingerprints and frames wrote, in their order."""
    path = image / ("zarr.json" if (image / "zarr.json").exists() else ".zattrs")
    content = json.loads(path.read_text())
    record = content.get("attributes", content)[OUR_RECORD]
    for key in ("made_from", "frame", "made"):
        del record[key]
    assert list(record) == [
        "version",
        "registered_roi_table",
        "reference",
        "origin",
        "acquisition",
        "register_labels",
        "regions_digest",
        "reference_digest",
        "shifts",
    ]
    path.write_text(json.dumps(content, indent=2))


OF_AN_EARLIER_RELEASE = json.loads("""
{
 "version": "0.1.0",
 "registered_roi_table": "registered",
 "reference": {"name": "0", "acquisition": 0},
 "origin": "1",
 "acquisition": 1,
 "register_labels": true,
 "regions_digest": "9cd7b88b4621a6bcd7ecf0d93c2466d074023999fc3e8bc132ba0ace23b8eeef",
 "reference_digest": "55f6ffaaf9c0e6d2445a7a861328d48a8fc56502fe6b16709f5abe78c9f504c9",
 "shifts": {"FOV_1": {"y": 0, "x": -4}, "FOV_2": {"y": 0, "x": 0}}
}
""")
"""Written by the release before there were fingerprints and frames, on the plate of these tests."""


def test_the_record_of_an_earlier_release_is_what_is_left_without_what_it_lacks(
    plan: RegistrationPlan,
) -> None:
    record = make_provenance(plan)
    for key in ("made_from", "frame"):
        del record[key]
    assert record == {**OF_AN_EARLIER_RELEASE, "version": record["version"]}


def test_a_result_of_an_earlier_release_is_judged_by_its_regions(well: Path) -> None:
    register(well / "1", overwrite_input=False)
    as_of_an_earlier_release(well / "1_registered")
    assert is_up_to_date(make_plan(well, overwrite_input=False))
    change_pixels(well / "1")
    assert is_up_to_date(make_plan(well, overwrite_input=False))
    move_regions(well / "1")
    assert not is_up_to_date(make_plan(well, overwrite_input=False))


def test_an_image_moved_by_an_earlier_release_is_up_to_date(well: Path) -> None:
    for name in ("1", "0"):
        register(well / name)
        as_of_an_earlier_release(well / name)
    assert is_up_to_date(make_plan(well))
    finished = digest_tree(well / "1")
    register(well / "1")
    assert digest_tree(well / "1") == finished
