"""Shares of a plate: some wells each, worked on by one run; and what that run came to, as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil
from typing import Any, TypeAlias

from flows.results.result import ImageReport, ImageUpdate, ShiftReport, WellResult
from flows.running.wells_of_plate import WellOutcomes

Share: TypeAlias = tuple[str, ...]
"""Names of the wells."""

_ROUNDS = 3
"""Shares for each place, so that one that is slow, or begun again, does not hold up all the end."""


def shares_of(wells: Sequence[str], at_once: int) -> tuple[Share, ...]:
    """Return the wells in shares of one size, neighbours together.

    A run for each well would cost some seconds of starting each; a run for each place would wait
    for the slowest. What a lost run has finished is recognised, however many wells it had.

    Args:
        wells: Names of the wells.
        at_once: Shares that are worked on at once.
    """
    size = max(1, ceil(len(wells) / (at_once * _ROUNDS)))
    return tuple(tuple(wells[start : start + size]) for start in range(0, len(wells), size))


def all_failed(share: Share, reason: str) -> WellOutcomes:
    """Return what became of the wells of a share that nothing came of."""
    return WellOutcomes(
        results={}, failed=dict.fromkeys(share, reason), reports=dict.fromkeys(share, ())
    )


def joined(wells: Sequence[str], outcomes: Sequence[WellOutcomes]) -> WellOutcomes:
    """Return what became of all wells, in their order."""
    results = {well: one.results[well] for one in outcomes for well in one.results}
    failed = {well: one.failed[well] for one in outcomes for well in one.failed}
    reports = {well: one.reports[well] for one in outcomes for well in one.reports}
    return WellOutcomes(
        results={well: results[well] for well in wells if well in results},
        failed={well: failed[well] for well in wells if well in failed},
        reports={well: reports[well] for well in wells if well in reports},
    )


def as_text(outcomes: WellOutcomes) -> str:
    """Return what became of wells as JSON, with all that a result's own form leaves out."""
    content = {
        "results": {
            well: {
                "image_list_updates": _plain(result.image_list_updates),
                "reports": _plain(result.reports),
                "shifts": _plain(result.shifts),
            }
            for well, result in outcomes.results.items()
        },
        "failed": dict(outcomes.failed),
        "reports": {well: _plain(reports) for well, reports in outcomes.reports.items()},
    }
    # A score may be no number; Python's JSON keeps that, Prefect's does not.
    return json.dumps(content)


def from_text(text: str) -> WellOutcomes:
    """Return what became of wells, from what `as_text` has made."""
    content = json.loads(text)
    return WellOutcomes(
        results={
            well: WellResult(
                image_list_updates=[ImageUpdate(**each) for each in of["image_list_updates"]],
                reports=_reports(of["reports"]),
                shifts=tuple(ShiftReport(**each) for each in of["shifts"]),
            )
            for well, of in content["results"].items()
        },
        failed=content["failed"],
        reports={well: _reports(of) for well, of in content["reports"].items()},
    )


def _reports(rows: Sequence[dict[str, Any]]) -> tuple[ImageReport, ...]:
    return tuple(ImageReport(**row) for row in rows)


def _plain(models: Sequence[ImageUpdate | ImageReport | ShiftReport]) -> list[dict[str, Any]]:
    return [model.model_dump(mode="json") for model in models]
