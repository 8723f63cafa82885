"""How the run of a share on a work pool stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry, State

from flows.distributing.pool_runs import how_it_stands

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
