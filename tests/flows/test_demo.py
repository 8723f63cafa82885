from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.command.demo import run_demo
from tasks.demo.layout import (
    ACQUISITIONS,
    FIELD_SHAPE,
    TURNED,
    WELLS,
    fields,
    registered_fields,
    translation,
)
from tasks.plan.errors import InvalidInputError
from tests.demo.conftest import demo_plate

pytestmark = pytest.mark.usefixtures("prefect_server")

__all__ = ["demo_plate"]


def test_demo_registers_its_plate_and_says_how_well(
    demo_plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # It is always the same, and takes seconds to make.
    monkeypatch.setattr(
        "flows.command.demo.write_plate", lambda path: shutil.copytree(demo_plate, path)
    )
    report = run_demo(Path("a demo"))
    assert report.plate.is_dir()
    assert report.plate.parent == tmp_path / "a demo"
    assert [(row.well, row.acquisition) for row in report.comparisons] == [
        ("A/01", 1),
        ("A/01", 2),
        ("B/02", 1),
        ("B/02", 2),
    ]
    true = {
        (well, acquisition, region): translation(well, acquisition, region)
        for well in WELLS
        for acquisition in ACQUISITIONS[1:]
        for region in fields()
    }
    assert {(row.well, row.acquisition, row.region): row.true for row in report.shifts} == true
    assert all(row.error < 0.25 for row in report.shifts), report
    for row in report.comparisons:
        assert row.before < 0.2
        assert row.after > 0.95
    assert str(report.plate) in str(report)
    assert any(
        "C/03 2" in told and "the sample is turned by 0." in told for told in report.troubles
    ), report
    assert report.page is not None
    page = Path(report.page).read_text(encoding="utf-8")
    assert "the sample is turned by 0.3" in page
    numbers = pl.read_csv(Path(report.page).with_name("qc.csv")).filter(pl.col("judged"))
    turned = numbers.filter((pl.col("well") == "C/03") & (pl.col("acquisition") == 2))
    for degrees in turned["rotation_degrees"].drop_nulls():
        assert degrees == pytest.approx(TURNED["C/03", 2], abs=0.02)
    assert turned["rotation_degrees"].drop_nulls().len() >= 2
    # What the acquisitions do not share is cut away: the same of an acquisition's fields.
    shared = registered_fields("A/01", 1)["FOV_1"].shape
    expected = 1 - shared[0] * shared[1] / (FIELD_SHAPE[0] * FIELD_SHAPE[1])
    (cut,) = numbers.filter(
        (pl.col("well") == "A/01") & (pl.col("acquisition") == 1) & (pl.col("region") == "FOV_1")
    )["cut_away"]
    # Shifts are estimated to a fraction of a pixel.
    assert cut == pytest.approx(expected, abs=0.005)
    assert str(report).endswith(report.page)


def test_demo_refuses_a_folder_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("precious")
    with pytest.raises(InvalidInputError, match="did not make it"):
        run_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]
