"""Deploy everything that `prefect.yaml` describes, and keep what a site has set on the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from flows.deploying.automations import install_automations
from flows.deploying.described import PREFECT_YAML, deployment_of, flow_of, read_described, send
from flows.deploying.merge import Described, differences, merged
from flows.deploying.on_server import settings_on_server
from flows.deploying.triggers import install_triggers
from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen
from tasks.storage.paths import local_path

WATCHING = "flows.new_plates.register_new_plates"
"""Entrypoint of the flow that looks for new plates."""


class Watch(Frozen):
    """What is to be watched from now on."""

    folders: tuple[str, ...] = ()
    """Folders in which plates arrive; empty for those that were set before."""
    wavelength_id: str | None = None
    """The stain to compare by; None for the one that was set before."""


def deploy(
    path: Path = PREFECT_YAML,
    *,
    as_shipped: bool = False,
    watch: Watch | None = None,
    notify: str | None = None,
) -> Iterator[str]:
    """Deploy, and yield in words what was done.

    The work pool is made unless it is there. A deployment that is there keeps the parameters,
    limit, schedules and environment that it has on the server, and its automations as they are.

    Args:
        path: The file.
        as_shipped: Whether to set back what a site has set.
        watch: What is to be set in the deployments that look for new plates, and their schedule
            switched on.
        notify: Type and name of the block that word of failures is sent by; None for none.

    Raises:
        InvalidInputError: There is no such file or block, or it is not known which stain to compare
            by.
    """
    ready = []
    # All is known before anything is sent.
    for shipped in read_described(path):
        there = None if as_shipped else settings_on_server(shipped)
        described = with_site_settings(shipped, there)
        if watch is not None and described["entrypoint"] == WATCHING:
            described = watching(described, watch)
        ready.append((described, [] if there is None else list(differences(shipped, there))))
    for described, kept in ready:
        _make_pool(described["work_pool"]["name"])
        identity = send(deployment_of(described, on_pool=True))
        name = f"{flow_of(described).name}/{described['name']}"
        yield f"{name}: deployed" + (f"; kept: {', '.join(kept)}" if kept else "")
        yield from install_triggers(described, identity, anew=as_shipped)
    yield from install_automations(notify=notify)


def with_site_settings(described: Described, there: Described | None) -> Described:
    """Return what is to be deployed: as described, with the settings that the server has."""
    if there is None:
        return described
    return merged(described, there, known=flow_of(described).parameters.properties)


def watching(described: Described, watch: Watch) -> Described:
    """Return a deployment that looks for new plates, with what it is told and its schedule on.

    Raises:
        InvalidInputError: Neither it nor its settings say which stain to compare by.
    """
    parameters = dict(described["parameters"])
    # One that waits for an event is told the plate by the event.
    if watch.folders and "triggers" not in described:
        parameters["folders"] = [str(local_path(folder)) for folder in watch.folders]
    if watch.wavelength_id is not None:
        parameters["wavelength_id"] = watch.wavelength_id
    if "wavelength_id" not in parameters:
        raise InvalidInputError(
            "to watch folders, say which stain every acquisition has, to compare by it: "
            "--wavelength-id A01_C01"
        )
    schedules = [
        {**each, "active": True} if watch.folders else each
        for each in described.get("schedules", [])
    ]
    return {**described, "parameters": parameters, "schedules": schedules}


def _make_pool(name: str) -> None:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
