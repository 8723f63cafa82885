"""Register the plates that have come since, and the cycles that have come to plates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from flows.parameters.form import flow_of
from flows.parameters.of_flows import NewPlatesParameters, RegisterPlateParameters
from flows.register import register_plate
from flows.results.endings import completed
from flows.results.failures import ImagesFailedError
from flows.results.result import NewPlatesResult, PlateResult, count
from flows.results.run_names import new_plates_run_name
from tasks.estimate.options import RegionOptions
from tasks.plan.described import part_of, values_of
from tasks.plan.errors import LockHeldError
from tasks.plan.wording import counted
from tasks.report.folder import report_folder
from tasks.storage.paths import local_path
from tasks.watch.attempts import alone_on, read_attempts, write_attempts
from tasks.watch.decide import PLATE, Decision, begun, decide, ended
from tasks.watch.find_plates import find_plates


@flow_of(NewPlatesParameters, name="register-new-plates", run_name=new_plates_run_name)
def register_new_plates(parameters: NewPlatesParameters) -> NewPlatesResult:
    """Register what is complete and not registered yet in the plates of some folders.

    What is registered, and what is not, is read from the plates themselves. A plate that is still
    being written waits for the next run; so does one that another run is at. A well that has failed
    as often as allowed waits for a person.
    """
    logger = get_run_logger()
    waiting: dict[str, str] = {}
    states: dict[Path, State[PlateResult]] = {}
    for plate in _plates(parameters):
        decision = _decide(plate, parameters)
        if decision.wells and not parameters.dry_run:
            try:
                decision, state = _take_up(plate, parameters)
            except LockHeldError as error:
                decision, state = Decision(left={PLATE: str(error)}), None
            if state is not None:
                states[plate] = state
        _tell(plate, decision)
        waiting |= {_title(plate, well): reason for well, reason in decision.left.items()}
    results = {plate: state.result() for plate, state in states.items() if state.is_completed()}
    reports = tuple(report for result in results.values() for report in result.reports)
    updates = [update for result in results.values() for update in result.image_list_updates]
    told = f"{counted(len(states), 'plate')} taken up; images: {count(reports)}"
    if waiting:
        told += f"; waiting: {len(waiting)}, see the log"
    failed = [
        f"{plate.name}: {state.message}" for plate, state in states.items() if plate not in results
    ]
    if failed:
        raise ImagesFailedError(f"{told}. {'; '.join(failed)}", reports)
    logger.info(told)
    return completed(
        NewPlatesResult(
            image_list_updates=updates,
            reports=reports,
            waiting=waiting,
            pages={
                str(plate): result.quality.page
                for plate, result in results.items()
                if result.quality is not None and result.quality.page is not None
            },
        ),
        told,
        skipped=not states,
    )


def _plates(parameters: NewPlatesParameters) -> Iterator[Path]:
    """Yield each plate once, though a folder may lie in another."""
    known = set()
    for folder in parameters.folders:
        for plate in find_plates(local_path(folder)):
            if plate.resolve() not in known:
                known.add(plate.resolve())
                yield plate


def _decide(plate: Path, parameters: NewPlatesParameters) -> Decision:
    return decide(
        plate,
        part_of(RegionOptions, parameters),
        read_attempts(report_folder(plate, parameters.report_path)),
        settle_minutes=parameters.settle_minutes,
        max_attempts=parameters.max_attempts,
        now=datetime.now(tz=UTC),
    )


def _take_up(
    plate: Path, parameters: NewPlatesParameters
) -> tuple[Decision, State[PlateResult] | None]:
    """Register what is to be done in a plate; decided anew, since others may have been at it."""
    folder = report_folder(plate, parameters.report_path)
    with alone_on(folder):
        decision = _decide(plate, parameters)
        if not decision.wells:
            return decision, None
        _tell(plate, decision)
        write_attempts(folder, begun(read_attempts(folder), decision.wells, datetime.now(tz=UTC)))
        asked = part_of(
            RegisterPlateParameters, parameters, plate_url=str(plate), wells=[*decision.wells]
        )
        # Its errors are in its state: one plate that fails does not stop the others.
        state: State[PlateResult] = register_plate(**values_of(asked), return_state=True)
        # Looked at without the time that it was written to, and without what was tried before.
        after = decide(
            plate,
            part_of(RegionOptions, parameters),
            {},
            settle_minutes=0,
            max_attempts=1,
            now=datetime.now(tz=UTC),
        )
        still = [well for well in decision.wells if well in {**after.wells, **after.left}]
        attempts = ended(read_attempts(folder), decision.wells, still, state.message or "")
        write_attempts(folder, attempts)
    return decision, state


def _tell(plate: Path, decision: Decision) -> None:
    logger = get_run_logger()
    wells = ", ".join(decision.wells) or "nothing"
    logger.info("%s: to register: %s; finished: %d wells", plate, wells, decision.finished)
    for well, reason in decision.left.items():
        logger.info("%s: waits: %s", _title(plate, well), reason)


def _title(plate: Path, well: str) -> str:
    return str(plate) if well == PLATE else f"{plate} {well}"
