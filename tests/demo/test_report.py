from __future__ import annotations

from pathlib import Path

from tasks.demo.report import Comparison, DemoReport


def report() -> DemoReport:
    comparison = Comparison(
        well="A/01",
        acquisition=1,
        translations={"FOV_1": (17, -23), "FOV_2": (19, -24)},
        before=-0.1109,
        after=0.9883,
    )
    return DemoReport(
        plate=Path("/somewhere/demo-plate.zarr"),
        stain="DAPI",
        reference_acquisition=0,
        comparisons=(comparison,),
        seconds_to_write=1.23,
        seconds_to_register=4.56,
    )


def test_reads_as_a_table_with_the_shift_the_numbers_and_the_place() -> None:
    text = str(report())
    assert "A/01  1            y 17 to 19, x -24 to -23    -0.111   0.988" in text
    assert text.endswith("The registered plate: /somewhere/demo-plate.zarr")


def test_goes_through_json_unchanged() -> None:
    assert DemoReport.model_validate_json(report().model_dump_json()) == report()
