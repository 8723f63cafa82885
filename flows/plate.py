"""Register the wells of a plate, a bounded number at a time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.distributing.run_wells import machines_for, run_wells
from flows.parameters.form import flow_of
from flows.parameters.of_flows import PlateParameters, WellParameters
from flows.results.quality import report_quality
from flows.results.result import PlateResult, WellResult
from flows.results.run_names import plate_run_name
from flows.running.wells_of_plate import ended
from flows.running.wells_to_do import wells_to_do
from flows.well import register_image_of_plate, register_images_by
from tasks.plan.described import part_of
from tasks.progress import part_of_a_run, shown_progress
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.storage.well_entries import require_listed_well
from tasks.survey.boundary import told_of
from tasks.survey.selection import select_images


# A part of the plate's run, not a flow run of its own; so are its images: see `flows.well`.
@task(
    name="register-well",
    task_run_name="well {well}",
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
    cache_policy=NO_CACHE,
)
def register_well(well: str, plate: Path, parameters: PlateParameters, workers: int) -> WellResult:
    """Register the images of one well of the plate."""
    of_well = part_of(WellParameters, parameters, well_url=str(plate / well), workers=workers)
    with part_of_a_run(), told_of(plate / well):
        require_listed_well(plate / well)
        return register_images_by(register_image_of_plate, of_well).as_end()


@flow_of(PlateParameters, name="apply-registration-to-plate", run_name=plate_run_name)
def apply_registration_to_plate(parameters: PlateParameters) -> PlateResult:
    """Register every well of a plate to its image of the reference acquisition.

    A well that fails does not stop the others. Wells without the reference acquisition or without
    the table are left out and named; they are an error where `wells` names them. Run again after
    an interruption, it continues where it stopped.
    """
    plate = local_path(parameters.plate_url)
    require_kind(plate, "plate")
    selected, left_out = wells_to_do(
        plate,
        parameters.wells,
        partial(
            select_images,
            registered_roi_table=parameters.registered_roi_table,
            reference_acquisition=parameters.reference_acquisition,
        ),
    )
    with (
        machines_for(plate, parameters) as runs_of,
        shown_progress(f"plate {plate.name}") as note,
    ):
        outcomes = run_wells(
            "apply", register_well, selected, plate, parameters, runs_of=runs_of, note=note
        )
    quality = None if parameters.dry_run else report_quality(plate, parameters)
    return ended(plate, outcomes, left_out, quality=quality)
