from __future__ import annotations

from pathlib import Path

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.report.gather import gather
from tests.plates import make_plate
from tests.report.regions import let_say, region


def test_every_image_that_says_something_is_gathered_in_order(tmp_path: Path) -> None:
    plate = make_plate(
        tmp_path / "p.zarr",
        wells=("A/01", "A/02", "B/01"),
        acquisitions=(0, 1, 2),
        shape=(1, 1, 16, 16),
        levels=1,
        labels=(),
    )
    expected = [
        region("A/01", "pass"),
        region("A/01", "fail", acquisition=2),
        region("B/01", "check"),
    ]
    for quality in expected:
        let_say(plate / quality.well / quality.image, [quality])
    assert list(gather(plate)) == expected
    assert list(gather(plate, ["B/01"])) == expected[2:]
    # One that cannot be read is told by its own run; the report is of the others.
    (plate / "A/01/1/tables" / QUALITY_TABLE / ".zattrs").write_text("torn", encoding="utf-8")
    (plate / "A/02" / ".zattrs").write_text("torn", encoding="utf-8")
    assert list(gather(plate)) == expected[1:]
