"""Shares as tasks on a Dask cluster: one that is there, one on this machine, or Slurm's jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.runtime import task_run

from flows.distributing.dask_cluster import dask_runner
from flows.distributing.run_wells import Asked
from flows.distributing.shares import Share
from flows.distributing.stop_shares import at_work, stop_at_work
from flows.distributing.watch import RunsOfStage, Seen
from flows.parameters.of_flows import ShareParameters
from flows.results.failures import reason_of
from flows.results.run_names import share_name
from flows.running.kinds import Stage
from flows.running.wells_of_plate import WellOutcomes
from flows.share import work_on_share
from tasks.storage.paths import local_path

_SECONDS_BETWEEN_LOOKS = 1.0


def _name() -> str:
    parameters: ShareParameters = task_run.parameters["parameters"]
    plate = local_path(parameters.plate_url).name
    return share_name(plate, parameters.wells, parameters.stage)


@task(
    name="wells-of-plate",
    task_run_name=_name,
    cache_policy=NO_CACHE,
)
def wells_of_plate(parameters: ShareParameters, parent: UUID) -> WellOutcomes:
    """Work on a share, on whichever machine this is."""
    return _wells_of_plate(parameters, parent)


# A task is sent with all it refers to, a plain function by its name only: see `flows.well`.
def _wells_of_plate(parameters: ShareParameters, parent: UUID) -> WellOutcomes:
    with at_work(parent):
        return work_on_share(parameters)


@contextmanager
def dask_runs(parent: FlowRun, plate: Path, parameters: Asked) -> Iterator[RunsOfStage]:
    """Offer runs on a Dask cluster; one that was made for this ends with it.

    Args:
        parent: The plate's run.
        plate: Root folder of the plate.
        parameters: Of the plate's run.

    Raises:
        InvalidInputError: There is no such cluster; says what is missing.
    """
    with dask_runner(parameters) as runner:

        def of_stage(stage: Stage, told: Mapping[str, Any]) -> DaskRuns:
            return DaskRuns(runner, parent.id, plate, stage, told)

        yield of_stage


class DaskRuns:
    """Runs of one stage of a plate's run."""

    hint = "The cluster has no workers yet: see its queue, or start some with --nthreads 1"

    def __init__(
        self, runner: Any, parent: UUID, plate: Path, stage: Stage, told: Mapping[str, Any]
    ) -> None:
        """Know what every share is told.

        Args:
            runner: Prefect's runner for Dask, started.
            parent: The plate's run.
            plate: Root folder of the plate.
            stage: What is done to the wells.
            told: What else each is told.
        """
        self._runner = runner
        self._parent = parent
        self._plate = plate
        self._stage = stage
        self._told = told
        self._futures: dict[UUID, Any] = {}

    def begin(self, share: Share, time: int) -> UUID:  # noqa: ARG002 - each time is another task
        """Send a share to the scheduler, which finds a worker for it."""
        parameters = ShareParameters(str(self._plate), [*share], self._stage, **self._told)
        future = self._runner.submit(
            wells_of_plate, {"parameters": parameters, "parent": self._parent}
        )
        self._futures[future.task_run_id] = future
        run: UUID = future.task_run_id
        return run

    def pause(self) -> None:
        """Wait for a second; Ctrl-C and a cancellation end it."""
        Event().wait(_SECONDS_BETWEEN_LOOKS)

    def look(self, runs: Iterable[UUID]) -> Mapping[UUID, Seen]:
        """Return how tasks stand, as the scheduler has told."""
        is_empty = not self._runner.client.scheduler_info(n_workers=1)["workers"]
        return {
            run: how_it_stands(self._futures[run].wrapped_future, is_empty=is_empty) for run in runs
        }

    def take(self, run: UUID) -> WellOutcomes | None:
        """Return what a task has returned."""
        outcomes: WellOutcomes = self._futures.pop(run).result()
        return outcomes

    def stop(self, runs: Iterable[UUID]) -> None:
        """Let tasks end at the next block of pixels, and none begin."""
        client = self._runner.client
        # Where the scheduler is gone, nothing is left to be told.
        with suppress(OSError):
            client.cancel([self._futures[run].wrapped_future for run in runs], force=True)
            client.run(stop_at_work, self._parent, on_error="ignore")


def how_it_stands(future: Any, *, is_empty: bool) -> Seen:
    """Return how a task stands.

    Args:
        future: Dask's own.
        is_empty: Whether the cluster has no workers.
    """
    from distributed import KilledWorker  # noqa: PLC0415 - an extra

    match future.status:
        case "pending":
            return Seen("waits" if is_empty else "works")
        case "finished":
            state = future.result()
            return Seen("done") if state.is_completed() else Seen("failed", state.message or "")
        case "error":
            error = future.exception()
            lost = isinstance(error, KilledWorker)
            return Seen("lost" if lost else "failed", reason_of(error))
        case status:
            return Seen("lost" if status == "lost" else "failed", f"its task was {status}")
