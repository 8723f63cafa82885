"""The tables that Prefect's UI shows after a well and after a plate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect.artifacts import create_table_artifact

from flows.results.result import ImageReport, ShiftReport, count
from flows.results.shifts import row_of
from tasks.plan.wording import size_text
from tasks.progress import artifact_key


def report_well(
    plate: str,
    well: str,
    reports: Sequence[ImageReport],
    shifts: Sequence[ShiftReport] = (),
) -> None:
    """Show a row per image: regions, smallest and largest shift, seconds, bytes, and any reason.

    Where shifts were estimated just before, each region's has a row; the first row of an image
    tells of the image too.
    """
    of_image: dict[str, list[ShiftReport]] = {}
    for shift in shifts:
        of_image.setdefault(shift.image, []).append(shift)
    blank: dict[str, object] = dict.fromkeys(row_of(shifts[0]), "") if shifts else {}
    table: list[dict[str, Any]] = []
    for report in reports:
        first, *others = [row_of(each) for each in of_image.get(report.image, ())] or [blank]
        table += [{**first, **_row_of(report)}, *others]
    create_table_artifact(
        key=artifact_key(f"registration {plate} {well}"),
        description=f"Registration of {plate} {well}",
        table=table,
    )


def _row_of(report: ImageReport) -> dict[str, object]:
    return {
        "image": report.image,
        "outcome": report.outcome,
        # Not last: Prefect's UI cuts the last column.
        "reason": report.detail,
        "regions": report.regions,
        "smallest shift": report.smallest_shift,
        "largest shift": report.largest_shift,
        "seconds": round(report.seconds, 1),
        "bytes": size_text(report.bytes_written),
        "quality": report.quality,
    }


def report_plate(
    plate: str, wells: Mapping[str, Sequence[ImageReport]], reasons: Mapping[str, str]
) -> None:
    """Show a row per well: what became of its images, and why it was left out or failed."""
    create_table_artifact(
        key=artifact_key(f"registration {plate}"),
        description=f"Registration of {plate}",
        table=[
            {
                "well": well,
                "images": count(tuple(wells.get(well, ()))),
                "reason": reasons.get(well, ""),
                "seconds": round(sum(report.seconds for report in wells.get(well, ())), 1),
                "bytes": size_text(sum(report.bytes_written for report in wells.get(well, ()))),
            }
            for well in [*wells, *(name for name in reasons if name not in wells)]
        ],
    )
