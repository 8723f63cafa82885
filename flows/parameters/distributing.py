"""On which machines the wells of a plate are worked on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flows.running.kinds import Where
from tasks.plan.described import described


@described
class DistributeChoice:
    """Where wells run, and on how many machines at once."""

    distribute: Annotated[
        Where,
        Field(
            title="Machine: wells run on",
            description=(
                "Where wells run: here, in this run (the default); or on the work-pool, as further "
                "runs that any of its workers takes up, on any machine that has the plate."
            ),
        ),
    ] = "here"
    parallel_runs: Annotated[
        int,
        Field(
            ge=1,
            le=128,
            title="Machine: runs at once",
            description=(
                "Further runs at once, at most, where wells do not run here. Each works on as many "
                "wells and images at once as is set beside."
            ),
        ),
    ] = 4
