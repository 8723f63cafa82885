"""The state a flow ends in, with a message that says what happened."""

from __future__ import annotations

from typing import TypeVar, cast

from prefect.states import Completed

from flows.results.for_programs import tell_programs

R = TypeVar("R")


def completed(result: R, message: str, *, skipped: bool = False) -> R:
    """Return what a flow must return to hand `result` to its caller and `message` to the UI.

    Prefect takes a state that a flow returns as the run's own and hands its data to the caller, so
    to the caller this *is* the result; the type says so. Programs that are not its caller are told.

    Args:
        result: What the flow's caller gets.
        message: What happened, in numbers.
        skipped: Whether there was nothing to do.
    """
    tell_programs(result)
    name = "Skipped" if skipped else "Completed"
    return cast("R", Completed(name=name, message=message, data=result))
