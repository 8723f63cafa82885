"""Register the wells of a plate, a bounded number at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, tags, task, unmapped
from prefect.futures import PrefectFuture, as_completed
from prefect.logging import get_run_logger

from flows.cores import shared_out
from flows.endings import completed
from flows.failures import ImagesFailedError, reason_of
from flows.names import plate_run_name
from flows.options import RegistrationOptions
from flows.outcomes import outcome_of
from flows.parameters import (
    DryRun,
    InterpolationChoice,
    OverwriteInput,
    ParallelImages,
    ParallelWells,
    PlateUrl,
    Redo,
    ReferenceAcquisition,
    RegisteredRoiTable,
    RegisterLabels,
    RunnerKind,
    TaskRunnerChoice,
    Wells,
    Workers,
    with_described_parameters,
)
from flows.report import report_plate
from flows.results import ImageReport, PlateResult, WellResult, count
from flows.task_runners import make_runner
from flows.well import apply_registration_to_well
from tasks.plan.errors import InvalidInputError
from tasks.plan.selection import select_images, select_wells
from tasks.progress import shown_progress
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path


# A task around the well flow, for the same reason as around the image flow: see `flows.well`.
@task(
    name="register-well",
    task_run_name="well {well}",
    persist_result=True,
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
)
def register_well(  # noqa: PLR0917 - Prefect maps a task by its parameters' names
    well: str,
    plate: Path,
    options: RegistrationOptions,
    task_runner: RunnerKind,
    parallel_images: int,
    workers: int,
) -> WellResult:
    """Run the well flow on one well of the plate."""
    with tags(plate.name):
        result: WellResult = apply_registration_to_well(
            str(plate / well),
            **options.model_dump(),
            task_runner=task_runner,
            parallel_images=parallel_images,
            workers=workers,
        )
        return result


@flow(name="apply-registration-to-plate", flow_run_name=plate_run_name)
@with_described_parameters
def apply_registration_to_plate(  # noqa: PLR0917 - the form that people fill in
    plate_url: PlateUrl,
    registered_roi_table: RegisteredRoiTable,
    reference_acquisition: ReferenceAcquisition = 0,
    register_labels: RegisterLabels = True,
    overwrite_input: OverwriteInput = True,
    interpolation: InterpolationChoice = "none",
    wells: Wells = None,
    redo: Redo = False,
    dry_run: DryRun = False,
    task_runner: TaskRunnerChoice = "threads",
    parallel_wells: ParallelWells = 2,
    parallel_images: ParallelImages = 2,
    workers: Workers = None,
) -> PlateResult:
    """Register every well of a plate to its image of the reference acquisition.

    A well that fails does not stop the others. Wells without the reference acquisition or without
    the table are left out and named; they are an error where `wells` names them. Run again after
    an interruption, it continues where it stopped.
    """
    logger = get_run_logger()
    plate = local_path(plate_url)
    require_kind(plate, "plate")
    options = RegistrationOptions(
        registered_roi_table=registered_roi_table,
        reference_acquisition=reference_acquisition,
        register_labels=register_labels,
        overwrite_input=overwrite_input,
        interpolation=interpolation,
        redo=redo,
        dry_run=dry_run,
    )
    selected, left_out = _select(plate, wells, options)
    for reason in left_out.values():
        logger.warning("Left out: %s", reason)

    at_once, threads = shared_out(workers, parallel_wells, len(selected))
    reports: dict[str, tuple[ImageReport, ...]] = {}
    failed: dict[str, str] = {}
    results: dict[str, WellResult] = {}
    with make_runner("threads", at_once) as runner, shown_progress(f"plate {plate.name}") as note:
        futures: list[PrefectFuture[Any]] = [
            *runner.map(
                register_well,
                {
                    "well": selected,
                    "plate": unmapped(plate),
                    "options": unmapped(options),
                    "task_runner": unmapped(task_runner),
                    "parallel_images": parallel_images,
                    "workers": threads,
                },
            )
        ]
        well_of = dict(zip(futures, selected, strict=True))
        for done, future in enumerate(as_completed(futures), start=1):
            well = well_of[future]
            outcome = outcome_of(future)
            if isinstance(outcome, WellResult):
                results[well] = outcome
                reports[well] = outcome.reports
            else:
                failed[well] = reason_of(outcome)
                reports[well] = outcome.reports if isinstance(outcome, ImagesFailedError) else ()
            note(done, len(selected))
            logger.info("%d of %d wells done", done, len(selected))

    in_order = {well: reports[well] for well in selected}
    report_plate(plate.name, in_order, {**left_out, **failed})
    told = _told(in_order, failed, left_out)
    every_report = tuple(report for some in in_order.values() for report in some)
    if failed:
        reasons = "; ".join(failed[well] for well in selected if well in failed)
        raise ImagesFailedError(f"{plate.name}: {told}. {reasons}", every_report)
    return completed(
        PlateResult(
            image_list_updates=[
                update for well in selected for update in results[well].image_list_updates
            ],
            reports=every_report,
            left_out=left_out,
        ),
        f"{plate.name}: {told}",
        skipped=all(report.outcome == "skipped" for report in every_report),
    )


def _select(
    plate: Path, wells: list[str] | None, options: RegistrationOptions
) -> tuple[list[str], dict[str, str]]:
    """Return the wells with something to register, and why each other one has nothing."""
    selected, left_out = [], {}
    for well in select_wells(plate, wells):
        try:
            select_images(
                plate / well,
                registered_roi_table=options.registered_roi_table,
                reference_acquisition=options.reference_acquisition,
            )
        except InvalidInputError as error:
            left_out[well] = str(error)
        else:
            selected.append(well)
    if wells is not None and left_out:
        raise InvalidInputError("; ".join(left_out.values()))
    if not selected:
        reason = next(iter(left_out.values()), "it lists none")
        raise InvalidInputError(f"{plate}: nothing to register in any of its wells: {reason}")
    return selected, left_out


def _told(
    reports: dict[str, tuple[ImageReport, ...]], failed: dict[str, str], left_out: dict[str, str]
) -> str:
    """Return how many wells and images had which outcome."""
    skipped = sum(
        well not in failed and all(report.outcome == "skipped" for report in some)
        for well, some in reports.items()
    )
    planned = sum(
        well not in failed and any(report.outcome == "planned" for report in some)
        for well, some in reports.items()
    )
    numbers = {
        "registered": len(reports) - len(failed) - skipped - planned,
        "planned": planned,
        "skipped": skipped,
        "failed": len(failed),
        "left out": len(left_out),
    }
    wells = ", ".join(f"{number} {name}" for name, number in numbers.items() if number)
    return f"wells: {wells}; images: {count(tuple(r for some in reports.values() for r in some))}"
