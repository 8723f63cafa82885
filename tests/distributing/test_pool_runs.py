"""How runs of shares on a work pool stand, and what of them is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry, State

from flows.distributing.pool_runs import PoolRuns, how_it_stands

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "minutes", "stands"),
    [
        (StateType.SCHEDULED, 600, "waits"),
        (StateType.PENDING, 14, "works"),
        # Its worker is gone: nobody else says so.
        (StateType.PENDING, 16, "lost"),
        (StateType.RUNNING, 600, "works"),
        (StateType.CANCELLING, 1, "works"),
        (StateType.PAUSED, 600, "works"),
        (StateType.COMPLETED, 0, "done"),
        (StateType.CRASHED, 0, "lost"),
        (StateType.FAILED, 0, "failed"),
        (StateType.CANCELLED, 0, "failed"),
    ],
)
def test_how_a_run_stands(kind: StateType, minutes: int, stands: str) -> None:
    state: State[None] = State(type=kind, timestamp=NOW - timedelta(minutes=minutes))
    seen = how_it_stands(FlowRun(flow_id=uuid4(), state=state), NOW)
    assert seen.stands == stands
    assert how_it_stands(FlowRun(flow_id=uuid4(), state=AwaitingRetry()), NOW).stands == "waits"


class Server:
    """What `PoolRuns` asks of Prefect's client."""

    def __init__(self, runs: Sequence[FlowRun]) -> None:
        self.runs = list(runs)
        self.is_away = False
        self.stopped: list[UUID] = []

    def read_flow_runs(self, *, flow_run_filter: FlowRunFilter, limit: int) -> list[FlowRun]:
        assert limit >= 128
        if self.is_away:
            raise httpx.ConnectError("refused")
        asked = flow_run_filter.id.any_ if flow_run_filter.id else None
        return [run for run in self.runs if asked is None or run.id in asked]

    def set_flow_run_state(self, run: UUID, state: State[None]) -> None:
        assert state.type == StateType.CANCELLING
        self.stopped.append(run)


def run(kind: StateType, minutes: int = 0) -> FlowRun:
    timestamp = datetime.now(tz=UTC) - timedelta(minutes=minutes)
    return FlowRun(id=uuid4(), flow_id=uuid4(), state=State(type=kind, timestamp=timestamp))


def runs_at(server: Server) -> PoolRuns:
    parent = FlowRun(id=uuid4(), flow_id=uuid4())
    return PoolRuns(cast("Any", server), parent, Path("/data/plate.zarr"), "apply", {})


def test_one_that_was_taken_up_and_never_began_is_lost_and_must_not_begin() -> None:
    stale, removed = run(StateType.PENDING, minutes=60), uuid4()
    crashed, working = run(StateType.CRASHED), run(StateType.RUNNING, minutes=600)
    server = Server([stale, crashed, working])
    seen = runs_at(server).look([stale.id, crashed.id, working.id, removed])
    assert {each: how.stands for each, how in seen.items()} == {
        stale.id: "lost",
        crashed.id: "lost",
        working.id: "works",
        removed: "lost",
    }
    assert server.stopped == [stale.id]


def test_a_server_that_is_away_is_waited_for_and_not_for_ever() -> None:
    done = run(StateType.COMPLETED)
    server = Server([done])
    runs = runs_at(server)
    server.is_away = True
    assert runs.look([done.id]) == {}
    server.is_away = False
    assert runs.look([done.id])[done.id].stands == "done"
    server.is_away = True
    runs._heard -= timedelta(minutes=11)
    with pytest.raises(httpx.ConnectError):
        runs.look([done.id])


def test_what_an_earlier_attempt_has_left_is_stopped_and_its_end_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, done = run(StateType.RUNNING), run(StateType.COMPLETED)
    server = Server([left, done])
    runs = runs_at(server)
    ended = []

    def end() -> None:
        ended.append(server.stopped[:])
        server.runs = [run(StateType.CANCELLED), done]

    monkeypatch.setattr(runs, "pause", end)
    runs.stop_earlier()
    assert ended == [[left.id]]
    # With nothing left there is nothing to wait for.
    runs.stop_earlier()
    assert len(ended) == 1
