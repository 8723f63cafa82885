"""Prefect task `propose-shifts`: what the regions of a well's images propose, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.estimate.images import Group
from tasks.estimate.options import EstimateOptions
from tasks.estimate.propose_well import Proposed, propose_well
from tasks.retry import can_heal
from tasks.settings import SETTINGS


@task(
    name="propose-shifts",
    task_run_name="proposals {well.parent.name}/{well.name}",
    tags={"image-io"},
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def propose_shifts(
    well: Path,
    groups: Sequence[Group],
    options: EstimateOptions,
    *,
    redo: bool,
    at_once: int,
    workers: int,
) -> Proposed:
    """Compare every region of a well with its reference, unless that was done; decide nothing.

    Args:
        well: The well.
        groups: Its references and their images.
        options: What to estimate from.
        redo: Whether to estimate even if nothing has changed.
        at_once: Images worked on at the same time.
        workers: Regions worked on at the same time, of each.

    Returns:
        What each image proposes, and why one could not be compared.

    Raises:
        LockHeldError: Another run is writing in the well for too long.
    """
    logger = get_run_logger()
    proposed = propose_well(
        groups,
        options,
        redo=redo,
        at_once=at_once,
        workers=workers,
        lock_timeout=SETTINGS.lock_timeout_seconds,
    )
    for image in proposed.evidence:
        for warning in image.warnings:
            logger.warning(warning)
        sure = sum(region.is_sure for region in image.regions)
        logger.debug(
            "%s/%s: %d of %d regions are sure of their shift by themselves",
            well,
            image.image,
            sure,
            len(image.regions),
        )
    return proposed
