"""Arrays beside the levels are carried over unmoved, and told; in both formats."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import pytest

from tasks.plan.request import RegistrationRequest
from tasks.survey.build import build_plan
from tests.plates import make_plate, write_regions
from tests.registration import register


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_array_that_is_no_level_is_told_where_something_moves(
    tmp_path: Path, version: Literal["0.4", "0.5"]
) -> None:
    plate = make_plate(tmp_path / "plate.zarr", ngff_version=version)
    well = plate / "A/01"
    for name, x in (("0", 3.0), ("1", 1.0)):
        write_regions(well / name, "registered", {"FOV_1": {"x": (x, 40.0)}})
        shutil.copytree(well / name / "0", well / name / "thumbnail")
        shutil.copytree(well / name / "labels/nuclei/1", well / name / "labels/nuclei/old")
    (well / "1" / "notes").mkdir()

    def told(image: str, *, register_labels: bool = True) -> tuple[str, ...]:
        request = RegistrationRequest("registered", register_labels=register_labels)
        return build_plan(well / image, request).left_behind

    assert [each.split("'")[1] for each in told("1")] == ["thumbnail", "labels/nuclei/old"]
    assert [each.split("'")[1] for each in told("1", register_labels=False)] == ["thumbnail"]
    assert told("0") == ()
    register(well / "1")
    # It stays where it is, and so does all that lies beside it.
    assert told("1") == ()
