"""Shares as runs of a deployment on a work pool: any worker of the pool takes one up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, cast
from uuid import UUID

import httpx  # Prefect's client raises httpx's errors
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelling

from flows.distributing.carry import take
from flows.distributing.shares import Share
from flows.distributing.watch import RunsOfStage, Seen, Stands
from flows.results.run_names import share_name
from flows.running.kinds import Stage
from flows.running.wells_of_plate import WellOutcomes
from tasks.plan.errors import InvalidInputError

DEPLOYMENT = "register-wells-of-plate/wells"

_SECONDS_BETWEEN_LOOKS = 2.0
_LONGEST_SILENCE = timedelta(minutes=10)
"""Of the server: it may be started anew while a plate is worked on."""
_LONGEST_START = timedelta(minutes=15)
"""From the moment that a worker has taken a run up; the worker may have been lost then."""
_MOST = 200
"""Runs that the server tells of at once."""


@contextmanager
def pool_runs(parent: FlowRun, plate: Path) -> Iterator[RunsOfStage]:
    """Offer runs on the work pool; what an earlier attempt has left at work there is stopped.

    Args:
        parent: The plate's run.
        plate: Root folder of the plate.

    Raises:
        InvalidInputError: The server does not know the deployment, or what was left does not end.
    """
    with get_client(sync_client=True) as client:
        try:
            client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound as error:
            raise InvalidInputError(
                f"wells cannot be distributed: the server {client.api_url} has no deployment "
                f"'{DEPLOYMENT}'. With PREFECT_API_URL set to the address of a server that all "
                "machines reach, run `plate-registration deploy`, and start a worker on each"
            ) from error

        def of_stage(stage: Stage, told: Mapping[str, Any]) -> PoolRuns:
            return PoolRuns(client, parent, plate, stage, told)

        of_stage("apply", {}).stop_earlier()
        yield of_stage


class PoolRuns:
    """Runs of one stage of a plate's run."""

    hint = (
        "Start a worker on each machine that is to help; one with a --limit needs a place beside "
        "that of this run"
    )

    def __init__(
        self,
        client: SyncPrefectClient,
        parent: FlowRun,
        plate: Path,
        stage: Stage,
        told: Mapping[str, Any],
    ) -> None:
        """Know what every share is told.

        Args:
            client: Of the server.
            parent: The plate's run.
            plate: Root folder of the plate.
            stage: What is done to the wells.
            told: Parameters of the deployment, beside the plate, the stage and the wells.
        """
        self._client = client
        self._parent = parent
        self._plate = plate
        self._stage = stage
        self._told = told
        self._heard = datetime.now(tz=UTC)

    def begin(self, share: Share, time: int) -> UUID:
        """Ask for a run; asking again for the same gives the same."""
        run = run_deployment(
            DEPLOYMENT,
            parameters={
                "plate_url": str(self._plate),
                "wells": [*share],
                "stage": self._stage,
                **self._told,
            },
            flow_run_name=share_name(self._plate.name, share, self._stage),
            idempotency_key=(
                f"{self._parent.id} {self._parent.run_count} {self._stage} {share[0]} {time}"
            ),
            timeout=0,
        )
        # Without an event loop Prefect answers with the run itself, not a coroutine.
        return cast("FlowRun", run).id

    def pause(self) -> None:
        """Wait for two seconds; Ctrl-C and a cancellation end it."""
        Event().wait(_SECONDS_BETWEEN_LOOKS)

    def look(self, runs: Iterable[UUID]) -> Mapping[UUID, Seen]:
        """Ask the server for all runs at once."""
        asked = [*runs]
        try:
            found = self._find(FlowRunFilter(id=FlowRunFilterId(any_=asked)))
        except httpx.HTTPError:
            if datetime.now(tz=UTC) - self._heard > _LONGEST_SILENCE:
                raise
            return {}
        self._heard = now = datetime.now(tz=UTC)
        seen = {run.id: how_it_stands(run, now) for run in found}
        # Picked up, and never begun: should it begin after all, it must not.
        self.stop(run.id for run in found if seen[run.id].stands == "lost" and not _is_over(run))
        return {run: seen.get(run, Seen("lost", "it was removed")) for run in asked}

    def take(self, run: UUID) -> WellOutcomes | None:
        """Take what the run has left on the server."""
        return take(self._client, run)

    def stop(self, runs: Iterable[UUID]) -> None:
        """Cancel runs, as the button in Prefect's UI does."""
        for run in runs:
            # One that cannot be reached ends with its plate's run: the server sees to that.
            with suppress(httpx.HTTPError, ObjectNotFound):
                message = "The run of its plate was stopped, or has given it up."
                self._client.set_flow_run_state(run, Cancelling(message=message))

    def stop_earlier(self) -> None:
        """Stop what an earlier attempt of the plate's run has left at work, and wait for its end.

        Raises:
            InvalidInputError: It does not end.
        """
        ours = FlowRunFilter(
            parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[self._parent.id])
        )
        until = datetime.now(tz=UTC) + _LONGEST_SILENCE
        left = [run for run in self._find(ours) if not _is_over(run)]
        self.stop(run.id for run in left)
        while left:
            if datetime.now(tz=UTC) > until:
                raise InvalidInputError(
                    f"{', '.join(run.name for run in left)} of an earlier attempt still works on "
                    f"{self._plate}; cancel it in Prefect's UI, then retry"
                )
            self.pause()
            left = [run for run in self._find(ours) if not _is_over(run)]

    def _find(self, wanted: FlowRunFilter) -> list[FlowRun]:
        return self._client.read_flow_runs(flow_run_filter=wanted, limit=_MOST)


def how_it_stands(run: FlowRun, now: datetime) -> Seen:
    """Return how a run stands, from its state."""
    state = run.state
    if state is None or state.type == StateType.SCHEDULED:
        return Seen("waits")
    if state.type == StateType.PENDING and now - state.timestamp > _LONGEST_START:
        return Seen("lost", f"taken up {_LONGEST_START.seconds // 60} min ago and not begun")
    if not state.is_final():
        return Seen("works")
    ends: dict[StateType, Stands] = {StateType.COMPLETED: "done", StateType.CRASHED: "lost"}
    return Seen(ends.get(state.type, "failed"), state.message or f"it ended as {state.name}")


def _is_over(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_final()
