"""Deployments as `prefect.yaml` describes them: read, and made into Prefect's own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import yaml  # type: ignore[import-untyped]  # ships no type information
from prefect import Flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import SCHEDULE_TYPES
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from pydantic import TypeAdapter

from flows.deploying.form import put_in_form
from flows.deploying.merge import Described
from tasks.plan.errors import InvalidInputError

PREFECT_YAML = Path("prefect.yaml")
"""In the project's folder, from where deploying is done."""

_OWN = frozenset({"active", "parameters", "slug"})
"""What a schedule says beside when it is due."""


def read_described(path: Path = PREFECT_YAML) -> list[Described]:
    """Return the deployments that a file describes.

    Raises:
        InvalidInputError: There is no such file.
    """
    try:
        described: list[Described] = yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"]
    except FileNotFoundError as error:
        raise InvalidInputError(
            f"{path.absolute()} does not exist; deploy from the project's folder, where it is"
        ) from error
    return described


def flow_of(described: Described) -> Flow[..., Any]:
    """Return the flow that a deployment's entrypoint, module and function, names."""
    module, _, name = described["entrypoint"].rpartition(".")
    flow: Flow[..., Any] = getattr(import_module(module), name)
    return flow


def deployment_of(described: Described, *, on_pool: bool) -> RunnerDeployment:
    """Return a deployment that Prefect can send to its server, without its triggers.

    Args:
        described: As in the file, maybe with a site's settings.
        on_pool: Whether its runs go to its work pool; else the process that serves it runs them.
    """
    limit = described["concurrency_limit"]
    pool = described["work_pool"]
    deployment = flow_of(described).to_deployment(
        name=described["name"],
        description=described["description"],
        tags=described["tags"],
        parameters=described["parameters"],
        paused=described.get("paused", False),
        concurrency_limit=None if limit is None else ConcurrencyLimitConfig(**limit),
        schedules=[_schedule(each) for each in described.get("schedules", [])],
        work_pool_name=pool["name"] if on_pool else None,
        job_variables=pool["job_variables"] if on_pool else None,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return put_in_form(cast("RunnerDeployment", deployment))


def send(deployment: RunnerDeployment) -> UUID:
    """Send a deployment to the server, and return its identity there."""
    return cast("UUID", deployment.apply())


def _schedule(described: Described) -> DeploymentScheduleCreate:
    when = {name: value for name, value in described.items() if name not in _OWN}
    own = {name: value for name, value in described.items() if name in _OWN}
    schedule = TypeAdapter[Any](SCHEDULE_TYPES).validate_python(when)
    return DeploymentScheduleCreate(schedule=schedule, **own)
