"""How well a plate was registered, as people see it: the report, its summary, its artifact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from flows.results.result import QualityReport, RegionVerdict
from tasks.plan.registration_plan import RegistrationPlan
from tasks.progress import artifact_key
from tasks.quality.options import ReportChoice
from tasks.quality.region_quality import RegionQuality
from tasks.report.assess import can_report, no_pictures_told
from tasks.report.folder import report_folder
from tasks.report.gather import gather, worst
from tasks.report.markdown import plate_markdown
from tasks.report.summary import MOST_TOLD, summary_of, worst_of
from tasks.storage.kinds import kind_of
from tasks.storage.well_entries import read_wells


def report_of(plan: RegistrationPlan, choice: ReportChoice) -> Path | None:
    """Return the folder of the report that an image's pictures go to; None where it has none."""
    plate = plan.image_path.parents[2]
    if not can_report() or kind_of(plate) != "plate":
        return None
    return report_folder(plate, choice.report_path)


def quality_text(found: Sequence[RegionQuality]) -> str:
    """Return the worst verdict of an image's regions, with its reason."""
    verdict = worst([each.verdict for each in found])
    if verdict is None:
        return ""
    first = next(each for each in found if each.verdict == verdict)
    return f"{verdict}: {first.region}: {first.reason}" if verdict != "pass" else verdict


def verdicts_of(found: Sequence[RegionQuality]) -> tuple[RegionVerdict, ...]:
    """Return what is told of each region of an image."""
    return tuple(
        RegionVerdict(
            region=each.region,
            verdict=each.verdict,
            before=each.agreements[0].before if each.agreements else None,
            after=each.agreements[0].after if each.agreements else None,
            reason=each.reason,
        )
        for each in found
    )


def report_quality(plate: Path, choice: ReportChoice) -> QualityReport | None:
    """Write the plate's report from what its images say, and show it in Prefect's UI.

    A report that cannot be written is a warning: the images are registered.

    Returns:
        What it says in short; None where no image of the plate says anything.
    """
    regions = list(gather(plate))
    if not regions:
        return None
    logger = get_run_logger()
    page: Path | None = None
    if can_report():
        from tasks.report.write_report import write_report  # noqa: PLC0415 - an extra

        folder = report_folder(plate, choice.report_path)
        try:
            page = write_report(plate.name, read_wells(plate), regions, folder)
        except OSError as error:
            logger.warning("%s: %s", plate.name, no_pictures_told(folder, error))
    else:
        logger.warning(
            "No report of %s was written: install plate-registration with the extra 'report'", plate
        )
    summary = summary_of(regions)
    logger.info("%s: %s; report: %s", plate.name, summary, page or "none")
    create_markdown_artifact(
        key=artifact_key(f"quality {plate.name}"),
        description=f"How well {plate.name} was registered",
        markdown=plate_markdown(plate.name, read_wells(plate), regions, page),
    )
    return QualityReport(
        summary=summary,
        worst=tuple(worst_of(regions, MOST_TOLD)),
        page=None if page is None else str(page),
    )
