"""Serve all deployments of prefect.yaml from this one process: no work pool, no worker.

Run `python deployments/serve.py` where the package is installed and `PREFECT_API_URL` names a
server. Schedules stop when the process does.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from prefect import serve
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

PREFECT_YAML = Path(__file__).resolve().parent.parent / "prefect.yaml"
RUNS_AT_ONCE = 2


def read_deployments(path: Path = PREFECT_YAML) -> list[RunnerDeployment]:
    """Return what prefect.yaml describes, as deployments that one process can serve."""
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_deployment(each) for each in described["deployments"]]


def _deployment(described: dict[str, Any]) -> RunnerDeployment:
    module, _, name = described["entrypoint"].rpartition(".")
    flow = getattr(import_module(module), name)
    return flow.to_deployment(
        name=described["name"],
        description=described["description"],
        tags=described["tags"],
        parameters=described["parameters"],
        concurrency_limit=described["concurrency_limit"]["limit"],
        schedules=[
            Cron(
                each["cron"],
                timezone=each["timezone"],
                slug=each["slug"],
                active=each["active"],
                parameters=each["parameters"],
            )
            for each in described.get("schedules", [])
        ],
    )


if __name__ == "__main__":
    serve(*read_deployments(), limit=RUNS_AT_ONCE)
