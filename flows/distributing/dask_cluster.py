"""Find a Dask cluster, or make one for the time of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prefect.settings import get_current_settings

from flows.distributing.run_wells import Asked
from tasks.plan.errors import InvalidInputError

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner

NEEDED = ("prefect_dask", "distributed", "dask_jobqueue")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", None})
SECONDS_TO_ANSWER = 30
_ANY_PORT = "127.0.0.1:0"
"""For Dask's own page, on this machine only: several plates can be at work at once."""
_ONE_THREAD = ["--nthreads", "1"]
"""A worker has one share at a time, which uses its cores; a program's last word on it counts."""


@contextmanager
def dask_runner(parameters: Asked) -> Iterator[DaskTaskRunner]:
    """Yield Prefect's runner for Dask, with its cluster at hand.

    Args:
        parameters: Of the plate's run: `distribute`, `parallel_runs` and `dask_address`.

    Raises:
        InvalidInputError: Something is missing; says what, and what to do.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InvalidInputError(
            f"wells cannot run on {parameters.distribute}: {', '.join(missing)} is not installed; "
            "install plate-registration with the extra 'dask', here and on every machine"
        )
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - an extra

    with ExitStack() as stack:
        if parameters.distribute == "slurm":
            made = slurm_cluster(parameters.parallel_runs)
        elif parameters.dask_address is not None:
            _require_reachable(parameters.dask_address)
            made = {"address": parameters.dask_address}
        else:
            made = _local_cluster(parameters.parallel_runs)
        try:
            runner = stack.enter_context(DaskTaskRunner(**made))
            # It is found, or made, when it is first asked for.
            _ = runner.client
        except (OSError, TimeoutError) as error:
            where = parameters.dask_address or f"a cluster on {parameters.distribute}"
            raise InvalidInputError(
                f"wells cannot run on Dask: {where} does not answer ({error}); see that its "
                "scheduler runs and that this machine reaches it"
            ) from error
        yield runner


def slurm_cluster(workers: int) -> Mapping[str, Any]:
    """Return how Prefect's runner makes a cluster of Slurm's jobs, each with one worker.

    Cores, memory, time, partition and account are read from dask-jobqueue's own file.

    Args:
        workers: Jobs to submit, at once and for the whole run.

    Raises:
        InvalidInputError: There is no Slurm, its nodes could not reach the server, or the file does
            not say what a job needs.
    """
    from dask import config  # noqa: PLC0415 - an extra
    from dask_jobqueue.slurm import SLURMCluster  # noqa: PLC0415 - an extra

    if which("sbatch") is None:
        raise InvalidInputError(
            "wells cannot run on slurm: there is no `sbatch` here; run where jobs are submitted"
        )
    _require_server_for("the nodes of Slurm")
    missing = [name for name in ("cores", "memory") if not config.get(f"jobqueue.slurm.{name}")]
    if missing:
        raise InvalidInputError(
            f"wells cannot run on slurm: jobqueue.slurm.{missing[0]} is not set; say in "
            f"{config.PATH}/jobqueue.yaml what one job gets (deployments/README.md shows how)"
        )
    extra = [*(config.get("jobqueue.slurm.worker-extra-args", None) or []), *_ONE_THREAD]
    return {
        "cluster_class": SLURMCluster,
        "cluster_kwargs": {
            "n_workers": workers,
            "processes": 1,
            "worker_extra_args": extra,
            "scheduler_options": {"dashboard_address": _ANY_PORT},
        },
    }


def _local_cluster(workers: int) -> Mapping[str, Any]:
    # Our own bound of memory holds; Dask's would kill a worker that comes near its share of all.
    limits = {"threads_per_worker": 1, "memory_limit": None}
    return {"cluster_kwargs": {"n_workers": workers, **limits, "dashboard_address": _ANY_PORT}}


def _require_reachable(address: str) -> None:
    from distributed import Client  # noqa: PLC0415 - an extra

    connect: Any = Client
    if urlsplit(address).hostname not in _LOOPBACK:
        _require_server_for(f"the workers of {address}")
    try:
        connect(address, timeout=SECONDS_TO_ANSWER, set_as_default=False).close()
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"wells cannot run on Dask: {address} does not answer ({error}); see that a scheduler "
            "runs there, and that the address is one such as tcp://node:8786"
        ) from error


def _require_server_for(who: str) -> None:
    """Make sure that Prefect's server is at an address that others can reach too.

    Raises:
        InvalidInputError: It is not.
    """
    url = get_current_settings().api.url
    if url is None or urlsplit(str(url)).hostname in _LOOPBACK:
        raise InvalidInputError(
            f"{who} cannot reach Prefect's server at {url or 'this machine'}; start one under an "
            "address of this network, and set PREFECT_API_URL to it"
        )
