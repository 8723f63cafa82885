"""Tag a run with the plate's name, so that all runs of a plate are found."""

from __future__ import annotations

import httpx  # Prefect's client raises httpx's errors
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from flows.results.run_names import plate_of_run
from tasks.progress import is_part_of_a_run


def tag_with_plate() -> None:
    """Tag the current flow run, unless it is a part of one that is tagged.

    Its own parts have no such tag: Prefect keeps a thread and a connection for every set of tags
    that tasks have. A server that fails costs the tag, not the run.
    """
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    if run is None or is_part_of_a_run():
        return
    plate = plate_of_run()
    if not plate or plate in run.tags:
        return
    try:
        with get_client(sync_client=True) as client:
            client.update_flow_run(run.id, tags=[*run.tags, plate])
    except httpx.HTTPError as error:
        get_run_logger().warning("The run is not tagged with %s: %s", plate, error)
