"""Run one task on every well of a plate, a bounded number at a time, and end with all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import Task, unmapped
from prefect.futures import PrefectFuture, as_completed
from prefect.logging import get_run_logger

from flows.results.artifacts import report_plate
from flows.results.endings import completed
from flows.results.failures import ImagesFailedError, reason_of
from flows.results.left_out import all_skipped
from flows.results.left_out import left_out as rows
from flows.results.left_out import told as reasons_of
from flows.results.outcome import outcome_of
from flows.results.result import (
    ImageReport,
    PlateResult,
    QualityReport,
    WellResult,
    count,
)
from flows.running.cores import shared_out
from flows.running.task_runners import running
from tasks.progress import Note


@dataclass(frozen=True)
class WellOutcomes:
    """What became of the wells, each in the plate's order."""

    results: Mapping[str, WellResult]
    """Of the wells that succeeded."""
    failed: Mapping[str, str]
    """Why the others did not."""
    reports: Mapping[str, tuple[ImageReport, ...]]
    """Of all wells; of one that failed, what its error tells of its images."""


def run_on_wells(
    one_well: Task[..., WellResult],
    wells: Sequence[str],
    plate: Path,
    parameters: Mapping[str, Any],
    *,
    at_most: int,
    workers: int | None,
    note: Note,
) -> WellOutcomes:
    """Run a task on each well and wait for all; one that fails does not stop the others.

    Args:
        one_well: Takes `well`, `plate` and `workers`, and the parameters.
        wells: Names of the wells.
        plate: Root folder of the plate.
        parameters: The same for every well.
        at_most: Wells at the same time.
        workers: Threads in all; None for as many as the cores this process may use.
        note: Takes how many wells have ended, and how many there are.
    """
    logger = get_run_logger()
    at_once, threads = shared_out(workers, at_most, len(wells))
    outcomes: dict[str, object] = {}
    with running("threads", at_once) as runner:
        same = {"plate": plate, "workers": threads, **parameters}
        futures: list[PrefectFuture[Any]] = [
            *runner.map(
                one_well,
                {"well": list(wells), **{name: unmapped(value) for name, value in same.items()}},
            )
        ]
        well_of = dict(zip(futures, wells, strict=True))
        for done, future in enumerate(as_completed(futures), start=1):
            outcomes[well_of[future]] = outcome_of(future)
            note(done, len(wells))
            logger.info("%d of %d wells done", done, len(wells))

    results: dict[str, WellResult] = {}
    failed: dict[str, str] = {}
    reports: dict[str, tuple[ImageReport, ...]] = {}
    for well in wells:
        outcome = outcomes[well]
        if isinstance(outcome, WellResult):
            results[well] = outcome
        else:
            failed[well] = reason_of(outcome)
        reports[well] = (
            outcome.reports if isinstance(outcome, WellResult | ImagesFailedError) else ()
        )
    return WellOutcomes(results=results, failed=failed, reports=reports)


def ended(
    plate: Path,
    outcomes: WellOutcomes,
    left_out: Mapping[str, str] | None = None,
    *,
    done: str = "registered",
    quality: QualityReport | None = None,
    movement: tuple[str, ...] = (),
) -> PlateResult:
    """Show the plate's table and return its result.

    Args:
        plate: Root folder of the plate.
        outcomes: What became of the wells.
        left_out: Wells that there was nothing to do in, and why.
        done: What a well is called that succeeded, was not only planned, and was not skipped.
        quality: What the plate's report says in short.
        movement: How the plate moved as a whole, a line per acquisition.

    Raises:
        ImagesFailedError: A well failed; each is named with its reason.
    """
    left_out = left_out or {}
    wells_left_out = tuple(row for well in left_out for row in rows(well, {"": left_out[well]}))
    report_plate(plate.name, outcomes.reports, {**left_out, **outcomes.failed})
    every_report = tuple(report for some in outcomes.reports.values() for report in some)
    told = f"{plate.name}: wells: {_told(outcomes, left_out, done)}; images: {count(every_report)}"
    if quality is not None:
        told += f"; quality: {quality.summary}"
    told += reasons_of((*wells_left_out, *every_report))
    if outcomes.failed:
        reasons = "; ".join(
            reason if well in reason else f"{well}: {reason}"
            for well, reason in outcomes.failed.items()
        )
        raise ImagesFailedError(f"{told}. {reasons}", (*every_report, *wells_left_out))
    results = outcomes.results.values()
    return completed(
        PlateResult(
            image_list_updates=[each for one in results for each in one.image_list_updates],
            reports=(*every_report, *wells_left_out),
            shifts=tuple(shift for one in results for shift in one.shifts),
            left_out=dict(left_out),
            quality=quality,
            movement=movement,
        ),
        told,
        skipped=all_skipped(every_report),
    )


def _told(outcomes: WellOutcomes, left_out: Mapping[str, str], done: str) -> str:
    """Return how many wells had which outcome."""
    of_wells = [outcomes.reports[well] for well in outcomes.results]
    skipped = sum(all_skipped(reports) for reports in of_wells)
    planned = sum(any(r.outcome == "planned" for r in reports) for reports in of_wells)
    numbers = {
        done: len(of_wells) - skipped - planned,
        "planned": planned,
        "skipped": skipped,
        "failed": len(outcomes.failed),
        "left out": len(left_out),
    }
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number)
