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
    """Show a row per region that something is known of, and one for each image without any.

    A region's row has its shift, where that was estimated just before, and its verdict with the
    agreement before and after. The first row of an image tells of the image too: its regions,
    smallest and largest shift, seconds, bytes, and any reason.
    """
    of_image: dict[str, list[ShiftReport]] = {}
    for shift in shifts:
        of_image.setdefault(shift.image, []).append(shift)
    # Once: what was left behind in an image has a row after the image's own.
    rows = [
        (report, _rows_of_regions(report, of_image.pop(report.image, ()))) for report in reports
    ]
    # Each row has all columns: the first one's are those that are shown.
    columns: dict[str, object] = {}
    for _, of_regions in rows:
        for row in of_regions:
            columns |= dict.fromkeys(row, "")
    table: list[dict[str, Any]] = []
    for report, of_regions in rows:
        first, *others = [{**columns, **row} for row in of_regions] or [columns]
        table += [{**first, **_row_of(report)}, *others]
    create_table_artifact(
        key=artifact_key(f"registration {plate} {well}"),
        description=f"Registration of {plate} {well}",
        table=table,
    )


def _rows_of_regions(report: ImageReport, shifts: Sequence[ShiftReport]) -> list[dict[str, object]]:
    rows = {shift.region: row_of(shift) for shift in shifts}
    for found in report.verdicts:
        row = rows.setdefault(found.region, {"image": report.image, "region": found.region})
        row |= {
            "verdict": found.verdict,
            "agreement before": "" if found.before is None else round(found.before, 3),
            "agreement after": "" if found.after is None else round(found.after, 3),
            "because": found.reason,
        }
    return list(rows.values())


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
