"""The task runners a user can choose from, each with a bound."""

from __future__ import annotations

from typing import Any, assert_never

from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.parameters import RunnerKind


def make_runner(
    kind: RunnerKind, at_once: int
) -> ThreadPoolTaskRunner[Any] | ProcessPoolTaskRunner:
    """Return a runner that works on at most `at_once` units; Prefect's own default has no bound."""
    match kind:
        case "threads":
            return ThreadPoolTaskRunner(max_workers=at_once)
        case "processes":
            return ProcessPoolTaskRunner(max_workers=at_once)
        case _:
            assert_never(kind)
