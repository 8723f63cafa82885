"""Pictures that cannot be kept hold no image back."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.request import RegistrationRequest
from tasks.quality.options import Thresholds
from tasks.quality.table import QUALITY_TABLE
from tasks.report.assess import assess
from tasks.survey.build import build_plan
from tests.quality.scenes import cells
from tests.quality.test_image_quality import MOVED, SHAPE, TABLE, make_wells, pair


def test_a_report_that_cannot_be_written_is_told_and_the_image_goes_on(tmp_path: Path) -> None:
    well = make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED) / "A/01"
    plan = build_plan(well / "1", RegistrationRequest(TABLE))
    (tmp_path / "a file").write_text("no folder")
    quality, messages = assess(plan, well / "1", Thresholds(), tmp_path / "a file")
    assert [each.region for each in quality] == ["FOV_1"]
    assert (well / "1/tables" / QUALITY_TABLE).is_dir()
    (told,) = messages
    assert f"no report or pictures can be kept in {tmp_path / 'a file'}" in told
    assert told.endswith("give another report_path")
