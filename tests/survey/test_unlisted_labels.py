"""Labels that lie there without being listed move with the others, or are told of."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.doctor.plate import examine_plate
from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan
from tests.foreign import placed
from tests.plates import NgffVersion, make_plate, read_levels, write_regions
from tests.registration import register

TAKEN, PUT = (slice(12, 62), slice(2, 82)), (slice(4, 54), slice(6, 86))


@pytest.fixture(params=["0.4", "0.5"])
def well(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Image 1 lists only one of its two labels; Finder has been in its folders."""
    version: NgffVersion = request.param
    plate = make_plate(
        tmp_path / "plate.zarr", ngff_version=version, levels=2, labels=("nuclei", "cells")
    )
    well = plate / "A/01"
    write_regions(well / "0", "registered", {"FOV_1": {"y": (2.0, 25.0), "x": (3.0, 40.0)}})
    write_regions(well / "1", "registered", {"FOV_1": {"y": (6.0, 25.0), "x": (1.0, 40.0)}})
    group = zarr.open_group(well / "1/labels", mode="r+", use_consolidated=False)
    if version == "0.4":
        group.attrs["labels"] = ["cells"]
    else:
        group.attrs["ome"] = {"version": "0.5", "labels": ["cells"]}
    for folder in (well / "1/labels", well / "1/0", well / "1/labels/nuclei"):
        (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return well


def test_both_move_and_the_list_stays(well: Path) -> None:
    before = {name: read_levels(well / "1/labels" / name)[0] for name in ("nuclei", "cells")}
    listed = [file.read_bytes() for file in sorted((well / "1/labels").glob("*z*"))]
    plan = register(well / "1")
    assert [label.name for label in plan.labels] == ["cells", "nuclei"]
    assert any("'nuclei' lies in labels/ without being listed; it" in w for w in plan.warnings)
    assert not any(".DS_Store" in warning for warning in plan.warnings)
    for name, pixels in before.items():
        found = read_levels(well / "1/labels" / name)[0]
        np.testing.assert_array_equal(found, placed(pixels, TAKEN, PUT))
    assert [file.read_bytes() for file in sorted((well / "1/labels").glob("*z*"))] == listed
    assert (well / "1/labels/.DS_Store").exists()


def test_the_doctor_names_it(well: Path) -> None:
    (finding,) = examine_plate(well.parent.parent)
    assert finding.path == well / "1"
    assert "'nuclei' lies in labels/ without being listed" in finding.problem


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("level gone", "'nuclei' .* not registered: .*cannot be read"),
        ("no multiscale", "'nuclei' lies in labels/, is not listed and is no multiscale label"),
        ("array", "'nuclei' lies in labels/, is not listed and is no multiscale label"),
    ],
)
def test_what_cannot_be_read_stays_and_is_told(well: Path, broken: str, told: str) -> None:
    label = well / "1/labels/nuclei"
    if broken == "level gone":
        shutil.rmtree(label / "1")
    else:
        shutil.rmtree(label)
        if broken == "array":
            zarr.create_array(label, shape=(4, 4), dtype="uint32")
        else:
            zarr.create_group(label)
    plan = build_plan(well / "1", RegistrationRequest("registered"))
    assert [label.name for label in plan.labels] == ["cells"]
    (left,) = plan.left_behind
    assert re.search(told, left)
    assert not any("nuclei" in warning for warning in plan.warnings)
    register(well / "1")
    assert label.exists()


def test_a_folder_of_labels_without_any_metadata(well: Path) -> None:
    for file in (well / "1/labels").glob("*z*"):
        file.unlink()
    for file in (well / "1/labels").glob(".z*"):
        file.unlink()
    before = read_levels(well / "1/labels/nuclei")[0]
    register(well / "1")
    found = read_levels(well / "1/labels/nuclei")[0]
    np.testing.assert_array_equal(found, placed(before, TAKEN, PUT))
