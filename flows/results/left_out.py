"""What a run did not register though somebody may have expected it: a row with its reason each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flows.results.result import ImageReport

_NAMED = 5
"""How many reasons a message names; the tables and the terminal have all."""


def left_out(well: str, reasons: Mapping[str, str]) -> tuple[ImageReport, ...]:
    """Return the rows of what was left out of a well.

    Args:
        well: Its row and column; empty for what is no well.
        reasons: Why, by the image's name; by an empty name for the whole well.
    """
    return tuple(
        ImageReport(well=well, image=image, outcome="left out", detail=reason)
        for image, reason in reasons.items()
    )


def only_left_out(reports: Iterable[ImageReport]) -> tuple[ImageReport, ...]:
    """Return the rows of what was left out."""
    return tuple(report for report in reports if report.outcome == "left out")


def all_skipped(reports: Sequence[ImageReport]) -> bool:
    """Whether all that was not left out had been done before."""
    outcomes = {report.outcome for report in reports} - {"left out"}
    return outcomes == {"skipped"}


def told(reports: Iterable[ImageReport]) -> str:
    """Return a sentence that names what was left out, and why; empty where nothing was."""
    rows = only_left_out(reports)
    if not rows:
        return ""
    more = f"; and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
    return ". Left out: " + "; ".join(map(reason_of_row, rows[:_NAMED])) + more


def reason_of_row(report: ImageReport) -> str:
    """Return where something was left out, and why."""
    where = "/".join(filter(None, [report.well, report.image]))
    return report.detail if where in report.detail else f"{where} {report.detail}"
