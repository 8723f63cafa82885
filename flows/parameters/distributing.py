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
                "Where wells run: here, in this run (the default); on the work-pool, as further "
                "runs that any of its workers takes up; on a dask cluster; or on one that is made "
                "of jobs of slurm. All machines must have the plate under the same path."
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
                "Further runs at once, at most, where wells do not run here; on Slurm, workers. "
                "Each works on as many wells and images at once as is set beside."
            ),
        ),
    ] = 4
    dask_address: Annotated[
        str | None,
        Field(
            min_length=1,
            title="Machine: Dask scheduler",
            description=(
                "Address of the scheduler of a Dask cluster, such as tcp://node:8786. Empty: "
                "a cluster of processes on this machine, for the time of the run."
            ),
        ),
    ] = None
