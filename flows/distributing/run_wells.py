"""Run a stage on every well of a plate, here or where somebody has asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from prefect import Task
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from pydantic import TypeAdapter

from flows.distributing.pool_runs import PoolRuns, require_deployment
from flows.distributing.shares import Share, joined, shares_of
from flows.distributing.watch import work_through
from flows.parameters.of_flows import PlateParameters, RegisterPlateParameters
from flows.results.result import WellResult
from flows.running.kinds import Stage
from flows.running.plate_movement import as_text
from flows.running.propose_plate import propose_plate
from flows.running.wells_of_plate import WellOutcomes, run_on_wells
from tasks.movement.plate import PlateMovement
from tasks.progress import Note

Asked: TypeAlias = PlateParameters | RegisterPlateParameters


def require_machines(parameters: Asked) -> None:
    """Make sure that wells can run where somebody has asked for, before anything is done.

    Raises:
        InvalidInputError: They cannot; says what is missing.
    """
    if parameters.distribute == "work-pool":
        with get_client(sync_client=True) as client:
            require_deployment(client)


def run_wells(
    stage: Stage,
    one_well: Task[..., WellResult],
    wells: Sequence[str],
    plate: Path,
    parameters: Asked,
    *,
    note: Note,
    movement: PlateMovement | None = None,
) -> WellOutcomes:
    """Run a stage on each well and wait for all; one that fails does not stop the others.

    Args:
        stage: What is done to the wells.
        one_well: Does it here; takes `well`, `plate`, `workers` and `parameters`.
        wells: Names of the wells.
        plate: Root folder of the plate.
        parameters: Of the plate's run.
        note: Takes how many wells have ended, and how many there are.
        movement: How the plate moved, where that is known.
    """
    if parameters.distribute == "work-pool":
        return _run_on_pool(stage, wells, plate, parameters, note=note, movement=movement)
    return run_on_wells(
        one_well,
        wells,
        plate,
        {"parameters": parameters},
        at_most=parameters.parallel_wells,
        workers=parameters.workers,
        note=note,
    )


def propose_wells(
    plate: Path, wells: Sequence[str], parameters: RegisterPlateParameters, *, note: Note
) -> None:
    """Let every well propose its shifts, and keep them in its images; see `propose_plate`.

    Args:
        plate: Root folder of the plate.
        wells: Names of the wells.
        parameters: Of the plate's run.
        note: Takes how many wells have proposed, and how many there are.
    """
    if parameters.distribute == "work-pool":
        outcomes = _run_on_pool("propose", wells, plate, parameters, note=note)
        for well, reason in outcomes.failed.items():
            get_run_logger().warning("%s has not proposed: %s", well, reason)
    else:
        propose_plate(plate, wells, parameters, note=note)


def _run_on_pool(
    stage: Stage,
    wells: Sequence[str],
    plate: Path,
    parameters: Asked,
    *,
    note: Note,
    movement: PlateMovement | None = None,
) -> WellOutcomes:
    logger = get_run_logger()
    context = FlowRunContext.get()
    parent = None if context is None else context.flow_run
    if parent is None:
        raise RuntimeError("wells are distributed by a flow's run")
    told: dict[str, Any] = {
        "asked": TypeAdapter[Any](type(parameters)).dump_python(parameters, mode="json"),
        "movement": None if movement is None else as_text(movement),
    }
    done = 0

    def count(share: Share) -> None:
        nonlocal done
        done += len(share)
        note(done, len(wells))
        logger.info("%d of %d wells done", done, len(wells))

    with get_client(sync_client=True) as client:
        runs = PoolRuns(client, parent, plate, stage, told)
        runs.stop_earlier()
        outcomes = work_through(
            shares_of(wells, parameters.parallel_runs),
            runs,
            at_once=parameters.parallel_runs,
            ended=count,
            say=logger.warning,
        )
    return joined(wells, outcomes)
