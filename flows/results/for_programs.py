"""What a run came to, where other programs find it: a table by the API, and an event.

What a flow returns stays where it ran. The table has the key `outcome` and a row for each image:
`zarr_url` and `origin` as in an image list update, `verdict` and `reason` of its quality, and
`report`, the page of its plate's report. The event `plate.registered.<verdict>` tells of a plate.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prefect.artifacts import create_table_artifact
from prefect.context import FlowRunContext, TaskRunContext
from prefect.events import emit_event

from flows.results.result import (
    ImageReport,
    NewPlatesResult,
    PlateResult,
    RegistrationResult,
    count,
)

KEY = "outcome"
EVENT = "plate.registered"
WORST_FIRST = ("fail", "check", "pass")
NOT_JUDGED = "unjudged"

Row = dict[str, str]


def tell_programs(result: object) -> None:
    """Tell what a run came to that a program has asked for; not of what is a part of another's."""
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    if not isinstance(result, RegistrationResult) or run is None or TaskRunContext.get():
        return
    rows = rows_of(result)
    if isinstance(result, PlateResult) and any(r.outcome == "registered" for r in result.reports):
        _tell_of_plate(result, rows)
    # A command and a Python program have the result itself.
    if rows and run.deployment_id is not None and run.parent_task_run_id is None:
        create_table_artifact(
            key=KEY,
            description=f"Images: {count(result.reports)}",
            table=[dict(row) for row in rows],
        )


def rows_of(result: RegistrationResult) -> list[Row]:
    """Return a row for each image, in the order of the updates; what is not known is empty."""
    # What was left behind in an image has a row of its own, which says nothing of its quality.
    quality = {
        (report.well, report.image): report
        for report in result.reports
        if report.outcome != "left out"
    }
    pages = _pages(result)
    return [
        {
            "zarr_url": update.zarr_url,
            "origin": update.origin or "",
            **_verdict(Path(update.origin or update.zarr_url), quality),
            "report": pages.get(str(Path(update.zarr_url).parents[2]), ""),
        }
        for update in result.image_list_updates
    ]


def _pages(result: RegistrationResult) -> Mapping[str, str]:
    if isinstance(result, NewPlatesResult):
        return result.pages
    if isinstance(result, PlateResult) and result.quality and result.quality.page:
        plates = {str(Path(each.zarr_url).parents[2]) for each in result.image_list_updates}
        return dict.fromkeys(plates, result.quality.page)
    return {}


def _verdict(image: Path, reports: Mapping[tuple[str, str], ImageReport]) -> Row:
    report = reports.get((f"{image.parent.parent.name}/{image.parent.name}", image.name))
    verdict, _, reason = (report.quality if report is not None else "").partition(": ")
    return {"verdict": verdict, "reason": reason}


def _tell_of_plate(result: PlateResult, rows: list[Row]) -> None:
    plate = Path(rows[0]["zarr_url"]).parents[2]
    found = {row["verdict"] for row in rows}
    verdict = next((each for each in WORST_FIRST if each in found), NOT_JUDGED)
    emit_event(
        f"{EVENT}.{verdict}",
        resource={
            "prefect.resource.id": f"plate.{plate.name}",
            "prefect.resource.name": plate.name,
        },
        payload={
            "path": str(plate),
            "verdict": verdict,
            "images": count(result.reports),
            "quality": result.quality.summary if result.quality else "",
            "report": rows[0]["report"],
        },
    )
