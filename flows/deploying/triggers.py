"""Let events start runs of a deployment, by automations that a site may change or switch off.

Prefect makes those of a deployment anew each time that it is deployed, as they are shipped. These
belong to no deployment, so that it leaves them alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events import DeploymentTriggerTypes
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import Automation
from pydantic import TypeAdapter

from flows.deploying.merge import Described


def install_triggers(
    described: Described, deployment: UUID, *, anew: bool = False
) -> Iterator[str]:
    """Make the automations of a deployment that are not there yet; yield in words what was done.

    Args:
        described: The deployment; its `triggers` say what starts a run, as Prefect has it.
        deployment: Its identity on the server.
        anew: Whether to make those again that are there, as they are shipped.
    """
    with get_client(sync_client=True) as client:
        for trigger in described.get("triggers", []):
            name = _name_of(described, trigger)
            there = client.read_automations_by_name(name)
            if not anew and any(_runs(each, deployment) for each in there):
                continue
            # What is there runs a deployment that was removed since.
            for each in there:
                client.delete_automation(each.id)
            made = TypeAdapter[Any](DeploymentTriggerTypes).validate_python(trigger)
            made.name = name
            made.set_deployment_id(deployment)
            client.create_automation(
                made.as_automation().model_copy(update={"owner_resource": None})
            )
            yield f"automation made: {name}"


def triggers_there(described: Described) -> list[str]:
    """Return the names of a deployment's automations that the server has."""
    with get_client(sync_client=True) as client:
        return [name for name in _names_of(described) if _is_there(client, name)]


def _names_of(described: Described) -> list[str]:
    return [_name_of(described, trigger) for trigger in described.get("triggers", [])]


def _name_of(described: Described, trigger: dict[str, Any]) -> str:
    return f"Plate registration: run {described['name']} on {', '.join(trigger['expect'])}"


def _is_there(client: SyncPrefectClient, name: str) -> bool:
    return bool(client.read_automations_by_name(name))


def _runs(automation: Automation, deployment: UUID) -> bool:
    return any(
        isinstance(action, RunDeployment) and action.deployment_id == deployment
        for action in automation.actions
    )
