"""How the steps of registering an image run: each as a task, or all in the run that asks."""

from __future__ import annotations

from typing import ParamSpec, Protocol, TypeVar

from prefect import Task

P = ParamSpec("P")
R = TypeVar("R")


class RunsSteps(Protocol):
    """Runs a step and returns what it returns."""

    def __call__(self, step: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the step with its arguments."""
        ...


def as_task(step: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a step as a task, with its own retries, states and place in Prefect's UI."""
    return step(*args, **kwargs)


def in_this_run(step: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a step as a part of the run that asks; its retries are those of that run."""
    return step.fn(*args, **kwargs)
