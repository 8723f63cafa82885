"""Deploy everything that `prefect.yaml` describes, and keep what a site has set on the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from flows.deploying.described import PREFECT_YAML, deployment_of, flow_of, read_described
from flows.deploying.merge import Described, differences, merged
from flows.deploying.on_server import settings_on_server


def deploy(path: Path = PREFECT_YAML, *, as_shipped: bool = False) -> Iterator[str]:
    """Deploy, and yield in words what was done.

    The work pool is made unless it is there. A deployment that is there keeps the parameters,
    limit, schedules and environment that it has on the server.

    Args:
        path: The file.
        as_shipped: Whether to set back what a site has set.

    Raises:
        InvalidInputError: There is no such file.
    """
    for described in read_described(path):
        _make_pool(described["work_pool"]["name"])
        name = f"{flow_of(described).name}/{described['name']}"
        there = None if as_shipped else settings_on_server(described)
        kept = [] if there is None else list(differences(described, there))
        deployment_of(with_site_settings(described, there), on_pool=True).apply()
        yield f"{name}: deployed" + (f"; kept: {', '.join(kept)}" if kept else "")


def with_site_settings(described: Described, there: Described | None) -> Described:
    """Return what is to be deployed: as described, with the settings that the server has."""
    if there is None:
        return described
    return merged(described, there, known=flow_of(described).parameters.properties)


def _make_pool(name: str) -> None:
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
