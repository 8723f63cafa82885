"""The estimated shifts as people see them, a row per region."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prefect.artifacts import create_table_artifact

from flows.results.result import ShiftReport
from tasks.estimate.image import ImageEstimate
from tasks.progress import artifact_key


def reports_of(well: str, estimates: Sequence[ImageEstimate]) -> Iterator[ShiftReport]:
    """Yield a report of each region's shift, in the order of the images and their tables."""
    for estimate in estimates:
        for region in estimate.regions:
            yield ShiftReport(
                well=well,
                image=estimate.image.name,
                region=region.name,
                translation=region.translation,
                score=region.score,
                rival=region.rival,
                decision=region.decision,
                reason=region.reason,
            )


def report_shifts(well: Path, estimates: Sequence[ImageEstimate]) -> None:
    """Show in Prefect's UI each region's shift, how far it can be trusted, what was decided."""
    plate, name = well.parents[1].name, f"{well.parent.name}/{well.name}"
    create_table_artifact(
        key=artifact_key(f"shifts {plate} {name}"),
        description=f"Estimated shifts of {plate} {name}",
        table=[row_of(report) for report in reports_of(name, estimates)],
    )


def row_of(report: ShiftReport) -> dict[str, object]:
    """Return a region's shift as a row of a table in Prefect's UI."""
    return {
        "image": report.image,
        "region": report.region,
        "z (um)": round(report.translation[0], 3),
        "y (um)": round(report.translation[1], 3),
        "x (um)": round(report.translation[2], 3),
        "score": round(report.score, 3),
        "next best": f"{report.rival:.0%}",
        "decision": report.decision,
        "reason": report.reason,
    }
