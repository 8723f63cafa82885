"""Register wells from raw images: estimate the shifts, find the consensus, apply it."""

from __future__ import annotations

from pathlib import Path

from prefect import tags, task
from prefect.logging import get_run_logger

from flows.consensus import find_consensus_of_well
from flows.estimate import estimate_shifts_of_well
from flows.parameters.form import flow_of
from flows.parameters.of_flows import (
    ConsensusParameters,
    EstimateParameters,
    RegisterPlateParameters,
    RegisterWellParameters,
    WellParameters,
)
from flows.register_plan import plan_well
from flows.results.endings import completed
from flows.results.quality import report_quality
from flows.results.result import PlateResult, WellResult, count
from flows.results.run_names import plate_run_name, well_run_name
from flows.results.shifts import reports_of
from flows.running.plate_movement import shared_movement
from flows.running.propose_plate import propose_plate
from flows.running.wells_of_plate import ended, run_on_wells
from flows.well import apply_registration_to_well
from tasks.estimate.options import registered_name
from tasks.movement.rotation import describe_plate, warnings_of
from tasks.plan.described import part_of
from tasks.plan.errors import InvalidInputError
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_registration
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well
from tasks.survey.selection import select_wells


@flow_of(RegisterWellParameters, name="register-well", run_name=well_run_name)
def register_well(parameters: RegisterWellParameters) -> WellResult:
    """Estimate the shifts of a well's images, find their consensus, and apply it.

    A stage whose results are there, made from this very input, is not repeated. Images that were
    registered in place stay as they are, and those that came later are brought into their frame. No
    pixel moves if any shift of the well was refused.
    """
    well = local_path(parameters.well_url)
    require_kind(well, "well")
    logger = get_run_logger()
    title = f"{well.parent.parent.name} {well.parent.name}/{well.name}"
    if parameters.dry_run:
        plans = plan_well(parameters)
        return completed(plans, f"{title}: dry run, nothing was touched")
    # A run that was killed while it swapped an image leaves the well without it.
    for message in recover_well(well):
        logger.warning(message)
    with own_registration(well, timeout=SETTINGS.lock_timeout_seconds):
        return _run_stages(well, title, parameters)


def _run_stages(well: Path, title: str, parameters: RegisterWellParameters) -> WellResult:
    estimates = estimate_shifts_of_well.of(part_of(EstimateParameters, parameters))
    shifts = tuple(reports_of(f"{well.parent.name}/{well.name}", estimates))
    so_far = WellResult(image_list_updates=[], shifts=shifts)
    if parameters.stop_after == "estimate":
        return completed(so_far, f"{title}: stopped after estimating")
    find_consensus_of_well.of(part_of(ConsensusParameters, parameters))
    if parameters.stop_after == "consensus":
        return completed(so_far, f"{title}: stopped after the consensus")
    result = apply_registration_to_well.of(
        part_of(
            WellParameters,
            parameters,
            registered_roi_table=registered_name(parameters.input_roi_table),
        )
    )
    return completed(
        result.model_copy(update={"shifts": shifts}),
        f"{title}: {count(result.reports)}",
        skipped=all(report.outcome == "skipped" for report in result.reports),
    )


# A task around the well flow, for the same reason as around the image flow: see `flows.well`.
@task(
    name="register-raw-well",
    task_run_name="well {well}",
    persist_result=True,
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
)
def register_raw_well(
    well: str, plate: Path, parameters: RegisterPlateParameters, workers: int
) -> WellResult:
    """Run the well flow on one well of the plate."""
    with tags(plate.name):
        return register_well.of(
            part_of(RegisterWellParameters, parameters, well_url=str(plate / well), workers=workers)
        )


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
    selected = list(select_wells(plate, parameters.wells))
    if not selected:
        raise InvalidInputError(f"{plate} lists no wells: there is nothing to register")
    if not parameters.dry_run:
        propose_plate(plate, selected, parameters)
    acquisition, pitch = parameters.reference_acquisition, parameters.well_pitch_mm
    with shared_movement(plate, acquisition, pitch) as moved:
        outcomes = run_on_wells(
            register_raw_well,
            selected,
            plate,
            {"parameters": parameters},
            at_most=parameters.parallel_wells,
            workers=parameters.workers,
        )
    done = {"estimate": "estimated", "consensus": "agreed", None: "registered"}[
        parameters.stop_after
    ]
    quality = None if parameters.dry_run else report_quality(plate, parameters)
    movement = (*describe_plate(moved), *warnings_of(moved))
    return ended(plate, outcomes, done=done, quality=quality, movement=movement)
