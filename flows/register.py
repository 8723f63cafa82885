"""Register wells from raw images: estimate the shifts, find the consensus, apply it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.consensus import find_consensus_in
from flows.distributing.run_wells import machines_for, propose_wells, run_wells
from flows.estimate import estimate_well
from flows.parameters.form import flow_of
from flows.parameters.of_flows import (
    ConsensusParameters,
    EstimateParameters,
    RegisterPlateParameters,
    RegisterWellParameters,
    WellParameters,
)
from flows.register_plan import plan_well
from flows.results.done import Done
from flows.results.left_out import left_out, told
from flows.results.quality import report_quality
from flows.results.result import ImageResult, PlateResult, WellResult
from flows.results.run_names import plate_run_name, well_run_name
from flows.results.shifts import report_shifts, reports_of
from flows.running.plate_movement import shared_movement
from flows.running.wells_of_plate import ended
from flows.running.wells_to_do import wells_to_do
from flows.well import register_image, register_image_of_plate, register_images_by
from tasks.estimate.images import group_images, images_left_out
from tasks.estimate.known_channel import require_channel
from tasks.estimate.options import EstimateOptions, registered_name
from tasks.movement.rotation import describe_plate, warnings_of
from tasks.plan.described import part_of
from tasks.plan.errors import RegistrationError
from tasks.progress import in_parts, part_of_a_run, shown_progress
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_registration
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well
from tasks.storage.well_entries import require_listed_well
from tasks.survey.boundary import told_of


@flow_of(RegisterWellParameters, name="register-well", run_name=well_run_name)
def register_well(parameters: RegisterWellParameters) -> WellResult:
    """Estimate the shifts of a well's images, find their consensus, and apply it.

    A stage whose results are there, made from this very input, is not repeated. Images that were
    registered in place stay as they are, and those that came later are brought into their frame. No
    pixel moves if any shift of the well was refused.
    """
    return register_raw_well_by(register_image, parameters).as_end()


def register_raw_well_by(
    one_image: Task[..., ImageResult], parameters: RegisterWellParameters
) -> Done[WellResult]:
    """Register a well from raw images, as a part of the run that asks.

    Args:
        one_image: Applies what was estimated to one image; see `flows.well`.
        parameters: What is done to which well.
    """
    well = local_path(parameters.well_url)
    require_kind(well, "well")
    logger = get_run_logger()
    title = f"{well.parent.parent.name} {well.parent.name}/{well.name}"
    if parameters.dry_run:
        return Done(plan_well(parameters, one_image), f"{title}: dry run, nothing was touched")
    # A run that was killed while it swapped an image leaves the well without it.
    for message in recover_well(well):
        logger.warning(message)
    with own_registration(well, timeout=SETTINGS.lock_timeout_seconds):
        return _run_stages(well, title, one_image, parameters)


def _run_stages(
    well: Path, title: str, one_image: Task[..., ImageResult], parameters: RegisterWellParameters
) -> Done[WellResult]:
    name = f"{well.parent.name}/{well.name}"
    estimates = estimate_well(part_of(EstimateParameters, parameters)).result
    shifts = tuple(reports_of(name, estimates))
    reasons = images_left_out(
        well,
        input_roi_table=parameters.input_roi_table,
        reference_acquisition=parameters.reference_acquisition,
    )
    rows = left_out(name, reasons)
    so_far = WellResult(image_list_updates=[], shifts=shifts, reports=rows)
    # A run that goes on shows them with what it makes of them.
    if shifts and parameters.stop_after is not None:
        report_shifts(well, estimates)
    if parameters.stop_after == "estimate":
        return Done(so_far, f"{title}: stopped after estimating{told(rows)}")
    try:
        find_consensus_in(part_of(ConsensusParameters, parameters))
    except RegistrationError:
        if shifts and parameters.stop_after is None:
            report_shifts(well, estimates)
        raise
    if parameters.stop_after == "consensus":
        return Done(so_far, f"{title}: stopped after the consensus{told(rows)}")
    applied = register_images_by(
        one_image,
        part_of(
            WellParameters,
            parameters,
            registered_roi_table=registered_name(parameters.input_roi_table),
        ),
        shifts,
    )
    # Why an image was not estimated says more than that it has no registered table.
    reports = tuple(
        next((row for row in rows if row.image == report.image), report)
        if report.outcome == "left out"
        else report
        for report in applied.result.reports
    )
    update = {"shifts": shifts, "reports": reports}
    return replace(applied, result=applied.result.model_copy(update=update))


# A part of the plate's run, not a flow run of its own; so are its images: see `flows.well`.
@task(
    name="register-raw-well",
    task_run_name="well {well}",
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
    cache_policy=NO_CACHE,
)
def register_raw_well(
    well: str, plate: Path, parameters: RegisterPlateParameters, workers: int
) -> WellResult:
    """Do all stages of one well of the plate."""
    of_well = part_of(
        RegisterWellParameters, parameters, well_url=str(plate / well), workers=workers
    )
    with part_of_a_run(), told_of(plate / well):
        require_listed_well(plate / well)
        return register_raw_well_by(register_image_of_plate, of_well).as_end()


@flow_of(RegisterPlateParameters, name="register-plate", run_name=plate_run_name)
def register_plate(parameters: RegisterPlateParameters) -> PlateResult:
    """Estimate, find the consensus and apply it, in every well of a plate.

    A well that fails, or whose shifts cannot be trusted, is left as it was and does not stop the
    others; the run then fails and names each well and its reason. Run again, it continues where it
    stopped. With `stop_after` the tables can be looked at before pixels move, with `dry_run` what
    each stage would do.
    """
    plate = local_path(parameters.plate_url)
    require_kind(plate, "plate")
    selected, left_out_wells = wells_to_do(
        plate,
        parameters.wells,
        partial(
            group_images,
            input_roi_table=parameters.input_roi_table,
            reference_acquisition=parameters.reference_acquisition,
        ),
    )
    require_channel(plate, selected, part_of(EstimateOptions, parameters))
    acquisition, pitch = parameters.reference_acquisition, parameters.well_pitch_mm
    with (
        machines_for(plate, parameters) as runs_of,
        shown_progress(f"plate {plate.name}") as note,
    ):
        of_proposing, of_wells = in_parts(note, (0 if parameters.dry_run else 1, 1))
        if not parameters.dry_run:
            propose_wells(plate, selected, parameters, runs_of=runs_of, note=of_proposing)
        with shared_movement(plate, acquisition, pitch) as moved:
            outcomes = run_wells(
                "register",
                register_raw_well,
                selected,
                plate,
                parameters,
                runs_of=runs_of,
                note=of_wells,
                movement=moved,
            )
    done = {"estimate": "estimated", "consensus": "agreed", None: "registered"}[
        parameters.stop_after
    ]
    quality = None if parameters.dry_run else report_quality(plate, parameters)
    movement = (*describe_plate(moved), *warnings_of(moved))
    return ended(plate, outcomes, left_out_wells, done=done, quality=quality, movement=movement)
