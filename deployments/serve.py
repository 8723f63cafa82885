"""Serve all deployments of prefect.yaml from this one process: no work pool, no worker.

Run `python deployments/serve.py` where the package is installed and `PREFECT_API_URL` names a
server. What was set on the server is kept. Runs that are due while the process does not run are
late, and begin once it does.
"""

from __future__ import annotations

from pathlib import Path

from prefect import serve
from prefect.deployments.runner import RunnerDeployment

from flows.deploying.deploy import with_site_settings
from flows.deploying.described import deployment_of, read_described, send
from flows.deploying.on_server import settings_on_server
from flows.deploying.triggers import install_triggers

PREFECT_YAML = Path(__file__).resolve().parent.parent / "prefect.yaml"
RUNS_AT_ONCE = 2


def read_deployments(path: Path = PREFECT_YAML) -> list[RunnerDeployment]:
    """Return what prefect.yaml describes, as deployments that one process can serve."""
    return [
        deployment_of(with_site_settings(each, settings_on_server(each)), on_pool=False)
        for each in read_described(path)
    ]


def main() -> None:
    """Serve, until the process is stopped."""
    deployments = read_deployments()
    for described, deployment in zip(read_described(PREFECT_YAML), deployments, strict=True):
        if "triggers" in described:
            for said in install_triggers(described, send(deployment)):
                print(said)  # noqa: T201 - it runs in a terminal
    # Paused, they would stay so for a worker that follows.
    serve(*deployments, limit=RUNS_AT_ONCE, pause_on_shutdown=False)


if __name__ == "__main__":
    main()
