"""Work on some wells of a plate, for a run of the plate that distributes them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from prefect.context import FlowRunContext

from flows.distributing.carry import put
from flows.distributing.run_wells import run_here
from flows.parameters.form import flow_of
from flows.parameters.of_flows import PlateParameters, RegisterPlateParameters, ShareParameters
from flows.plate import register_well
from flows.register import register_raw_well
from flows.results.endings import completed
from flows.results.run_names import share_run_name
from flows.running.plate_movement import from_text, known_movement
from flows.running.propose_plate import propose_plate
from flows.running.wells_of_plate import WellOutcomes
from tasks.plan.wording import counted
from tasks.progress import part_of_a_run, shown_progress
from tasks.storage.paths import local_path


@flow_of(ShareParameters, name="register-wells-of-plate", run_name=share_run_name)
def register_wells_of_plate(parameters: ShareParameters) -> None:
    """Work on some wells of a plate. Only the run of the plate asks for this.

    It says there what became of each well; here it ends well also where wells have failed.
    """
    outcomes = work_on_share(parameters)
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        put(context.flow_run.id, outcomes)
    told = f"{local_path(parameters.plate_url).name}: {counted(len(parameters.wells), 'well')}"
    failed = f", {len(outcomes.failed)} failed" if outcomes.failed else ""
    return completed(None, f"{told}{failed}")


def work_on_share(parameters: ShareParameters) -> WellOutcomes:
    """Do a stage of some wells of a plate, as a part of the run of the plate."""
    plate, wells = local_path(parameters.plate_url), parameters.wells
    # The run of the plate shows how far all is.
    with part_of_a_run(), shown_progress(f"wells {wells[0]} to {wells[-1]}") as note:
        if parameters.stage == "apply":
            return run_here(register_well, wells, plate, PlateParameters(**parameters.asked), note)
        asked = RegisterPlateParameters(**parameters.asked)
        if parameters.stage == "propose":
            propose_plate(plate, wells, asked, note=note)
            return WellOutcomes(results={}, failed={}, reports={})
        with _movement(plate, asked, parameters.movement):
            return run_here(register_raw_well, wells, plate, asked, note)


def _movement(
    plate: Path, asked: RegisterPlateParameters, movement: str | None
) -> AbstractContextManager[None]:
    if movement is None:
        return nullcontext()
    return known_movement(plate, asked.reference_acquisition, from_text(movement))
