"""Tag the run that somebody has started with the plate's name, so that a plate's runs are found."""

from __future__ import annotations

import httpx  # Prefect's client raises httpx's errors
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from flows.results.run_names import plate_of_run


def tag_with_plate() -> None:
    """Tag the current flow run, unless another of ours has started it.

    What it starts has no such tag: Prefect keeps a thread and a connection for every set of tags
    that tasks have. A server that fails costs the tag, not the run.
    """
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    if run is None or run.parent_task_run_id is not None:
        return
    plate = plate_of_run()
    if not plate or plate in run.tags:
        return
    try:
        with get_client(sync_client=True) as client:
            client.update_flow_run(run.id, tags=[*run.tags, plate])
    except httpx.HTTPError as error:
        get_run_logger().warning("The run is not tagged with %s: %s", plate, error)
