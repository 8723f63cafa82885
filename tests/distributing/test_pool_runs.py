"""How the run of a share stands, and what is missing where none can run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import AwaitingRetry, State

from flows.distributing.pool_runs import how_it_stands
from flows.plate import apply_registration_to_plate
from tasks.plan.errors import InvalidInputError
from tests.flows.conftest import TABLE, prefect_server, registrable_plate
from tests.trees import digest_tree

__all__ = ["prefect_server"]

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


@pytest.mark.usefixtures("prefect_server")
def test_without_the_deployment_nothing_is_begun_and_the_error_says_what_to_do(
    tmp_path: Path,
) -> None:
    plate = registrable_plate(tmp_path / "plate.zarr", wells=("A/01",))
    before = digest_tree(plate)
    with pytest.raises(InvalidInputError, match=r"'register-wells-of-plate/wells'.* deploy`, and"):
        apply_registration_to_plate(str(plate), TABLE, distribute="work-pool")
    assert digest_tree(plate) == before
