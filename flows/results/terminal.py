"""What the command line prints when it has ended: a row per image, what to know, what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from flows.results.left_out import only_left_out, reason_of_row
from flows.results.result import (
    ImageReport,
    PlateResult,
    QualityReport,
    RegistrationResult,
    ShiftReport,
    count,
)
from tasks.doctor.finding import Finding
from tasks.plan.wording import size_text


def print_result(console: Console, result: RegistrationResult) -> None:
    """Print the reports of a run, and where each result lies."""
    print_reports(console, result.reports)
    for update in result.image_list_updates:
        made_from = f" (from {update.origin})" if update.origin else ""
        console.print(f"{update.zarr_url}{made_from}", soft_wrap=True, markup=False)
    if not isinstance(result, PlateResult):
        return
    print_movement(console, result.movement)
    if result.quality is not None:
        print_quality(console, result.quality)


def print_movement(console: Console, movement: Sequence[str]) -> None:
    """Print how the plate moved as a whole, a line per acquisition."""
    for line in movement:
        console.print(f"Plate: {line}", soft_wrap=True, markup=False, highlight=False)


def print_quality(console: Console, quality: QualityReport) -> None:
    """Print the verdicts of a plate's regions, the worst by name, and where the report is."""
    lines = [f"Quality: {quality.summary}", *(f"  {told}" for told in quality.worst)]
    if quality.page is not None:
        lines.append(f"Report: {quality.page}")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def print_reports(console: Console, reports: Sequence[ImageReport]) -> None:
    """Print the plans of a dry run, or a table of what was done; then the warnings, once each."""
    plans = [report.detail for report in reports if report.outcome == "planned"]
    for plan in plans:
        console.print(plan, soft_wrap=True, markup=False, highlight=False)
    if len(plans) < len(reports):
        console.print(_table([report for report in reports if report.outcome != "planned"]))
    else:
        # The plans name their warnings themselves.
        return
    print_left_out(console, reports)
    for warning in _once([report for report in reports if report.outcome != "planned"]):
        console.print(f"Note: {warning}", soft_wrap=True, markup=False, highlight=False)


def print_left_out(console: Console, reports: Sequence[ImageReport]) -> None:
    """Print what was not registered though somebody may have expected it, with the reasons."""
    for row in only_left_out(reports):
        text = f"Left out: {reason_of_row(row)}"
        console.print(text, soft_wrap=True, markup=False, highlight=False)


def print_shifts(console: Console, shifts: Sequence[ShiftReport], *, doubtful: bool) -> None:
    """Print what was estimated, a row per region; reasons below, once each.

    Args:
        console: Where to print.
        shifts: The estimates.
        doubtful: Whether to print only what is not a region's own, trusted estimate.
    """
    shown = [shift for shift in shifts if not doubtful or shift.decision != "estimated"]
    if not shown:
        return
    table = Table(title="estimated shifts", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("well", "image", "region", "z, y, x (µm)", "score", "decision"):
        table.add_column(column, no_wrap=True)
    for shift in shown:
        table.add_row(
            shift.well,
            shift.image,
            shift.region,
            ", ".join(f"{along:.3f}" for along in shift.translation),
            f"{shift.score:.2f}",
            shift.decision,
        )
    console.print(table)
    for shift in shown:
        if shift.reason:
            where = f"{shift.well}/{shift.image} {shift.region}"
            console.print(f"{where}: {shift.reason}", soft_wrap=True, markup=False)


def print_findings(console: Console, done: Sequence[str], found: Sequence[Finding]) -> None:
    """Print what was repaired, then what was found or is left, then one line that counts."""
    for message in done:
        console.print(message, soft_wrap=True, markup=False, highlight=False)
    for finding in found:
        mark = {"wait": "In use", "person": "Decide"}.get(finding.remedy, "Repair")
        console.print(f"{mark}: {finding}", soft_wrap=True, markup=False, highlight=False)
    wrong = [finding for finding in found if finding.is_wrong]
    by_us = sum(finding.remedy != "person" for finding in wrong)
    console.print(
        f"{len(wrong)} found: {by_us} that --repair or the next run puts right, "
        f"{len(wrong) - by_us} that need a person"
        if wrong
        else "nothing wrong",
        highlight=False,
    )


def _table(reports: Sequence[ImageReport]) -> Table:
    table = Table(title=count(tuple(reports)), title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("well", "image", "outcome", "regions"):
        table.add_column(column, no_wrap=True)
    # The only one that may take a second line: a terminal of 80 columns shows all others whole.
    table.add_column("shift")
    for column in ("seconds", "written"):
        table.add_column(column, justify="right", no_wrap=True)
    for report in reports:
        table.add_row(
            report.well,
            report.image,
            report.outcome,
            str(report.regions),
            # Smallest and largest, one below the other; one line where they are the same.
            "\n".join(dict.fromkeys([report.smallest_shift, report.largest_shift])),
            f"{report.seconds:.1f}",
            size_text(report.bytes_written),
        )
    return table


def _once(reports: Sequence[ImageReport]) -> Iterator[str]:
    yield from dict.fromkeys(warning for report in reports for warning in report.warnings)
