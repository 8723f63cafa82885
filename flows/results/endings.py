"""The state a flow ends in, with a message that says what happened."""

from __future__ import annotations

from typing import TypeVar, cast

from prefect.states import Completed

R = TypeVar("R")


def completed(result: R, message: str, *, skipped: bool = False) -> R:
    """Return what a flow must return to hand `result` to its caller and `message` to the UI.

    Prefect takes a state that a flow returns as the run's own and hands its data to the caller, so
    to the caller this *is* the result; the type says so.

    Args:
        result: What the flow's caller gets.
        message: What happened, in numbers.
        skipped: Whether there was nothing to do.
    """
    name = "Skipped" if skipped else "Completed"
    return cast("R", Completed(name=name, message=message, data=result))
