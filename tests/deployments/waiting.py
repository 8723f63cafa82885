"""Wait for what a test awaits, with an end that a busy machine does not reach."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from tests.deployments.conftest import Site


def until(ask: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Ask again and again until the answer is true, and return it."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if answer := ask():
            return answer
        sleep(1)
    raise AssertionError(f"{what}: not within {seconds} s")


def until_state(site: Site, run: str, *names: str, what: str) -> dict[str, Any]:
    """Wait until a run is in a state of one of these types or names, and return it."""

    def reached() -> Any:
        state = site.answer("GET", f"/flow_runs/{run}")["state"]
        return state if {state["type"], state["name"]} & {*names} else None

    state: dict[str, Any] = until(reached, seconds=400, what=what)
    return state


def until_end(site: Site, run: str) -> dict[str, Any]:
    """Wait for a run's last state."""
    ends = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    return until_state(site, run, *ends, what="the worker runs it to its end")
