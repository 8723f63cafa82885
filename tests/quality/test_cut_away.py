"""The part of a region that is lost, in the number, the verdict and the table for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.plan.request import RegistrationRequest
from tasks.quality.cut_away import cut_away
from tasks.quality.image_quality import RegionQuality
from tasks.quality.place import places_of
from tasks.quality.table import frame_of
from tasks.survey.build import build_plan
from tasks.survey.regions import read_regions
from tests.plates import Box, write_regions
from tests.quality.scenes import cells
from tests.quality.test_image_quality import MOVED, SHAPE, TABLE, judged, make_wells, pair

# Registered, the region is 120 um high and 150 um wide.
FIELD: Box = {"y": (0.0, 150.0), "x": (0.0, 200.0)}


@pytest.fixture
def well(tmp_path: Path) -> Path:
    well = make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED) / "A/01"
    for image in ("0", "1"):
        write_regions(well / image, "FOV_ROI_table", {"FOV_1": FIELD, "FOV_2": FIELD})
    return well


def test_the_part_that_is_lost_is_a_number_and_a_reason(well: Path) -> None:
    quality: RegionQuality = judged(well)
    # 120 x 150 of 150 x 200 um are left.
    assert quality.cut_away == pytest.approx(0.4)
    assert quality.verdict == "check"
    assert "40% of the region is lost" in quality.reason
    assert frame_of([quality])["cut_away"].to_list() == [pytest.approx(0.4)]


def test_without_the_table_that_it_was_made_from_nothing_is_known(tmp_path: Path) -> None:
    well = make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED) / "A/01"
    plan = build_plan(well / "1", RegistrationRequest(TABLE, overwrite_input=False))
    assert [place.cut_away for place in places_of(plan)] == [None]


def test_no_axis_counts_as_more_than_whole(well: Path) -> None:
    frame = read_regions(well / "1", TABLE)
    tall: Box = {"y": (0.0, 60.0), "x": (0.0, 300.0), "z": (0.0, 1.0)}
    write_regions(well / "1", "FOV_ROI_table", {"FOV_1": tall})
    assert cut_away(well / "1", TABLE, frame) == {"FOV_1": pytest.approx(0.5)}
