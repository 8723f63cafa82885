"""What runs return to each other: results that say no more than they should, errors that travel."""

from __future__ import annotations

import pickle
from concurrent.futures import BrokenExecutor
from typing import Any, cast

import pytest
from prefect.exceptions import UnfinishedRun
from prefect.futures import PrefectFuture
from prefect.states import Completed, Failed, Pending, State
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.results.failures import ImagesFailedError, reason_of
from flows.results.outcome import outcome_of
from flows.results.result import ImageReport, ImageResult, ImageUpdate, count
from flows.running.task_runners import make_runner
from tasks.plan.errors import InvalidInputError

REPORT = ImageReport(well="A/01", image="1", outcome="failed", detail="no table")


def test_a_result_dumps_as_the_reference_systems_and_keeps_its_report() -> None:
    result = ImageResult(
        image_list_updates=[ImageUpdate(zarr_url="/p/1_registered", origin="/p/1")],
        reports=(REPORT,),
    )
    expected = {"image_list_updates": [{"zarr_url": "/p/1_registered", "origin": "/p/1"}]}
    assert result.model_dump(exclude_none=True) == expected
    travelled = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own object
    assert travelled.reports == (REPORT,)


def test_a_failure_travels_between_processes_with_its_reports() -> None:
    error = ImagesFailedError("1 failed", (REPORT,))
    travelled = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own object
    assert str(travelled) == "1 failed"
    assert travelled.reports == (REPORT,)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidInputError("no table\n  here"), "no table here"),
        (KeyError("x"), "KeyError: 'x'"),
        (OSError(28, "No space left"), "OSError: [Errno 28] No space left"),
        (PermissionError(13, "no"), "[Errno 13] no"),
    ],
)
def test_a_reason_is_one_line_and_names_what_is_not_ours(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_counts() -> None:
    assert (
        count((REPORT, REPORT.model_copy(update={"outcome": "skipped"}))) == "1 skipped, 1 failed"
    )
    assert count(()) == "no images"


class Ended:
    """A future that has ended in a state, or whose process was killed."""

    def __init__(self, state: State[Any], error: Exception | None = None) -> None:
        self.state = state
        self.error = error

    def wait(self) -> None:
        if self.error:
            raise self.error


def ended(state: State[Any], error: Exception | None = None) -> PrefectFuture[Any]:
    return cast("PrefectFuture[Any]", Ended(state, error))


def test_outcomes() -> None:
    failure = InvalidInputError("no table")
    killed = BrokenExecutor("a process was killed")
    assert outcome_of(ended(Completed(data=3))) == 3
    assert outcome_of(ended(Failed(data=failure))) is failure
    assert outcome_of(ended(Pending(), killed)) is killed
    unfinished = outcome_of(ended(Pending(message="not ready")))
    assert isinstance(unfinished, UnfinishedRun)
    assert "not ready" in str(unfinished)


def test_every_runner_is_bounded() -> None:
    threads, processes = make_runner("threads", 3), make_runner("processes", 2)
    assert isinstance(threads, ThreadPoolTaskRunner)
    assert threads._max_workers == 3
    assert isinstance(processes, ProcessPoolTaskRunner)
    assert processes._max_workers == 2
