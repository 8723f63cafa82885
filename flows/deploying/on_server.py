"""What a site has set in a deployment: read from the server, as `prefect.yaml` would say it."""

from __future__ import annotations

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from flows.deploying.described import flow_of
from flows.deploying.merge import Described


def settings_on_server(described: Described) -> Described | None:
    """Return the settings that the server has for a deployment; None if it does not know it."""
    name = f"{flow_of(described).name}/{described['name']}"
    with get_client(sync_client=True) as client:
        try:
            return _settings_of(client.read_deployment_by_name(name))
        except ObjectNotFound:
            return None


def _settings_of(there: DeploymentResponse) -> Described:
    limit = there.global_concurrency_limit
    options = there.concurrency_options
    return {
        "parameters": there.parameters,
        # None: the site has taken the limit away.
        "concurrency_limit": None
        if limit is None
        else {
            "limit": limit.limit,
            "collision_strategy": "ENQUEUE",
            **({} if options is None else options.model_dump(mode="json", exclude_none=True)),
        },
        "schedules": [_schedule_of(each) for each in there.schedules],
        "job_variables": there.job_variables,
        "paused": there.paused,
    }


def _schedule_of(there: DeploymentSchedule) -> Described:
    own = {"active": there.active, "parameters": there.parameters, "slug": there.slug}
    when = there.schedule.model_dump(mode="json", exclude_none=True)
    return {**{name: value for name, value in own.items() if value is not None}, **when}
