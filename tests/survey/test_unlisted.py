"""Wells and images that are not listed are found where they lie, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate
from tasks.survey.unlisted import unlisted_images, unlisted_wells
from tests.foreign import change_metadata
from tests.plates import NgffVersion, make_plate, write_regions
from tests.registration import register


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_its_lists_lack_is_found_and_told_by_the_doctor(
    tmp_path: Path, version: NgffVersion
) -> None:
    plate = make_plate(
        tmp_path / "plate.zarr",
        wells=("A/01", "A/02"),
        shape=(1, 1, 40, 60),
        levels=1,
        labels=(),
        ngff_version=version,
    )
    well = plate / "A/01"
    for name in "01":
        write_regions(well / name, "registered", {"FOV_1": {}})
        # A result beside its original is no cycle that somebody forgot.
        register(well / name, overwrite_input=False)
    change_metadata(well, lambda content: content["well"].update(images=[{"path": "0"}]))
    (well / "notes").mkdir()
    shutil.copytree(well / "1", well / ".1.copying")
    change_metadata(plate, lambda content: content["plate"]["wells"].pop())
    assert unlisted_images(well, {"0"}) == ("1",)
    assert unlisted_wells(plate, {"A/01"}) == ("A/02",)
    told = {finding.path: finding.problem for finding in examine_plate(plate)}
    assert "an image that its well does not list" in told[well / "1"]
    assert "the plate does not list it" in told[plate / "A/02"]
