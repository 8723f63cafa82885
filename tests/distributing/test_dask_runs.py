"""How a task on a Dask cluster stands, and what stops it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from distributed import KilledWorker
from prefect.states import Completed, Failed

from flows.distributing.dask_runs import how_it_stands
from flows.distributing.stop_shares import at_work, stop_at_work
from tasks.plan.errors import StoppedError
from tasks.stopping import STOPPING


def future(status: str, result: Any = None, error: BaseException | None = None) -> Any:
    return SimpleNamespace(status=status, result=lambda: result, exception=lambda: error)


@pytest.mark.parametrize(
    ("of_dask", "stands"),
    [
        (future("pending"), "works"),
        (future("finished", Completed()), "done"),
        (future("finished", Failed(message="no table")), "failed"),
        # Dask has begun it on one worker after the other.
        (
            future("error", error=KilledWorker("task", SimpleNamespace(address="tcp://node"), 3)),
            "lost",
        ),
        (future("error", error=ModuleNotFoundError("flows")), "failed"),
        (future("lost"), "lost"),
        (future("cancelled"), "failed"),
    ],
)
def test_how_a_task_stands(of_dask: Any, stands: str) -> None:
    assert how_it_stands(of_dask, is_empty=False).stands == stands
    assert (how_it_stands(of_dask, is_empty=True).stands == "waits") == (stands == "works")


def test_what_works_for_the_plate_stops_and_no_other() -> None:
    ours, others = uuid4(), uuid4()
    with at_work(ours), at_work(ours):
        stop_at_work(others)
        STOPPING.check()
        stop_at_work(ours)
        with pytest.raises(StoppedError):
            STOPPING.check()
    # What comes next in this process begins.
    STOPPING.check()
    stop_at_work(ours)
    STOPPING.check()
