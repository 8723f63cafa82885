"""What a mapped task came to: its result, or the error that says why there is none."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from typing import Any

from prefect.exceptions import UnfinishedRun
from prefect.futures import PrefectFuture


def outcome_of(future: PrefectFuture[Any]) -> object:
    """Wait for a task and return what it returned, or the error that it ended with."""
    try:
        # A future counts as done a moment before its state is known; `wait` sets the state.
        future.wait()
    except BrokenExecutor as error:
        # A process was killed, by the system short of memory for one; the others have results.
        return error
    state = future.state
    if not state.is_final():
        return UnfinishedRun(f"it ended as {state.name}: {state.message or 'no reason is known'}")
    return state.result(raise_on_failure=False)
