"""Run a stage on every well of a plate, here or where somebody has asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from prefect import Task
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from pydantic import TypeAdapter

from flows.distributing.pool_runs import pool_runs
from flows.distributing.shares import Share, joined, shares_of
from flows.distributing.watch import RunsOfStage, work_through
from flows.parameters.of_flows import PlateParameters, RegisterPlateParameters
from flows.results.result import WellResult
from flows.running.kinds import Stage
from flows.running.plate_movement import as_text
from flows.running.propose_plate import propose_plate
from flows.running.wells_of_plate import WellOutcomes, run_on_wells
from tasks.movement.plate import PlateMovement
from tasks.progress import Note

Asked: TypeAlias = PlateParameters | RegisterPlateParameters


@contextmanager
def machines_for(plate: Path, parameters: Asked) -> Iterator[RunsOfStage | None]:
    """Offer what wells run on, if not here, before anything is done; it is given back at the end.

    Args:
        plate: Root folder of the plate.
        parameters: Of the plate's run.

    Raises:
        InvalidInputError: Wells cannot run where somebody has asked for; says what is missing.
    """
    context = FlowRunContext.get()
    parent = None if context is None else context.flow_run
    if parameters.distribute == "here" or parent is None:
        yield None
    elif parameters.distribute == "work-pool":
        with pool_runs(parent, plate) as runs:
            yield runs
    else:
        from flows.distributing.dask_runs import dask_runs  # noqa: PLC0415 - it imports this

        with dask_runs(parent, plate, parameters) as runs:
            yield runs


def run_wells(
    stage: Stage,
    one_well: Task[..., WellResult],
    wells: Sequence[str],
    plate: Path,
    parameters: Asked,
    *,
    runs_of: RunsOfStage | None,
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
        runs_of: What wells run on; None for here.
        note: Takes how many wells have ended, and how many there are.
        movement: How the plate moved, where that is known.
    """
    if runs_of is not None:
        return _run_shares(stage, wells, parameters, runs_of, note=note, movement=movement)
    return run_here(one_well, wells, plate, parameters, note)


def run_here(
    one_well: Task[..., WellResult],
    wells: Sequence[str],
    plate: Path,
    parameters: Asked,
    note: Note,
) -> WellOutcomes:
    """Run on each well in this process, as many at once as the parameters say, and wait for all."""
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
    plate: Path,
    wells: Sequence[str],
    parameters: RegisterPlateParameters,
    *,
    runs_of: RunsOfStage | None,
    note: Note,
) -> None:
    """Let every well propose its shifts, and keep them in its images; see `propose_plate`.

    Args:
        plate: Root folder of the plate.
        wells: Names of the wells.
        parameters: Of the plate's run.
        runs_of: What wells run on; None for here.
        note: Takes how many wells have proposed, and how many there are.
    """
    if runs_of is None:
        propose_plate(plate, wells, parameters, note=note)
        return
    outcomes = _run_shares("propose", wells, parameters, runs_of, note=note)
    for well, reason in outcomes.failed.items():
        get_run_logger().warning("%s has not proposed: %s", well, reason)


def _run_shares(
    stage: Stage,
    wells: Sequence[str],
    parameters: Asked,
    runs_of: RunsOfStage,
    *,
    note: Note,
    movement: PlateMovement | None = None,
) -> WellOutcomes:
    logger = get_run_logger()
    told = {
        "asked": TypeAdapter[Any](type(parameters)).dump_python(parameters, mode="json"),
        "movement": None if movement is None else as_text(movement),
    }
    done = 0

    def count(share: Share) -> None:
        nonlocal done
        done += len(share)
        note(done, len(wells))
        logger.info("%d of %d wells done", done, len(wells))

    outcomes = work_through(
        shares_of(wells, parameters.parallel_runs),
        runs_of(stage, told),
        at_once=parameters.parallel_runs,
        ended=count,
        say=logger.warning,
    )
    return joined(wells, outcomes)
