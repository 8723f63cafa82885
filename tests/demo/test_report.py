from __future__ import annotations

from pathlib import Path

import pytest

from tasks.demo.report import Comparison, DemoReport, RegionShift


def report() -> DemoReport:
    shift = RegionShift(
        well="A/01", acquisition=1, region="FOV_1", true=(17, -23), estimated=(17.03, -23.04)
    )
    return DemoReport(
        plate=Path("/somewhere/demo-plate.zarr"),
        stain="DAPI",
        reference_acquisition=0,
        shifts=(shift, shift.model_copy(update={"estimated": (17.3, -22.6)})),
        comparisons=(Comparison(well="A/01", acquisition=1, before=-0.1109, after=0.9883),),
        seconds_to_write=1.23,
        seconds_to_register=4.56,
    )


def test_reads_as_tables_with_both_shifts_the_numbers_and_the_place() -> None:
    text = str(report())
    assert "A/01  1            FOV_1          17, -23     17.03, -23.04    0.05" in text
    assert "Largest error: 0.50 pixels." in text
    assert "A/01  1              -0.111   0.988" in text
    assert text.endswith("The registered plate: /somewhere/demo-plate.zarr")


def test_the_error_is_the_distance_between_both() -> None:
    assert report().shifts[1].error == pytest.approx(0.5)


def test_goes_through_json_unchanged() -> None:
    assert DemoReport.model_validate_json(report().model_dump_json()) == report()
