"""Register the wells of a plate, a bounded number at a time."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, tags, task
from prefect.logging import get_run_logger

from flows.options import RegistrationOptions
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
from flows.results.result import PlateResult, WellResult
from flows.results.run_names import plate_run_name
from flows.running.wells_of_plate import ended, run_on_wells
from flows.well import apply_registration_to_well
from tasks.plan.errors import InvalidInputError
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.survey.selection import select_images, select_wells


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

    outcomes = run_on_wells(
        register_well,
        selected,
        plate,
        {"options": options, "task_runner": task_runner, "parallel_images": parallel_images},
        at_most=parallel_wells,
        workers=workers,
    )
    return ended(plate, outcomes, left_out)


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
