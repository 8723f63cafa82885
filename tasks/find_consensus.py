"""Prefect task `find-consensus`: the registered ROI table of every image of a well."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.estimate.common_region import Consensus
from tasks.estimate.images import Group
from tasks.estimate.put_consensus import put_consensus
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.locks import own_well


@task(
    name="find-consensus",
    task_run_name="consensus {group.reference.parent.parent.name}/{group.reference.parent.name}",
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def find_consensus(
    group: Group,
    *,
    input_roi_table: str,
    registered_roi_table: str,
    min_overlap: float,
    allow_missing: bool,
    redo: bool,
) -> tuple[Consensus, ...]:
    """Find what all acquisitions show of every region and write it, unless nothing has changed.

    Where some were registered in place already, the others are brought into the frame of these.

    Args:
        group: The reference and the images registered to it.
        input_roi_table: Table with the estimated translations.
        registered_roi_table: Table to write into every image.
        min_overlap: Share of a region that must be left.
        allow_missing: Whether an image may lack regions of the reference.
        redo: Whether to write the tables even if nothing has changed.

    Returns:
        The consensus of every region; empty where what is there was kept.

    Raises:
        InvalidInputError: Translations are missing, regions differ, or too little is left.
        LockHeldError: Another run is writing in the well for too long.
    """
    with own_well(group.reference.parent, timeout=SETTINGS.lock_timeout_seconds):
        written = put_consensus(
            group,
            input_roi_table=input_roi_table,
            registered_roi_table=registered_roi_table,
            min_overlap=min_overlap,
            redo=redo,
            allow_missing=allow_missing,
        )
    for message in written.messages:
        get_run_logger().debug(message)
    for warning in written.warnings:
        get_run_logger().warning(warning)
    return written.regions
