"""Prefect task `estimate-shifts`: the shift of every region of one image, into its ROI table."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.estimate.columns import write_columns
from tasks.estimate.fingerprint import fingerprint_estimate, require_unchanged
from tasks.estimate.image import ImageEstimate, decide_image
from tasks.estimate.options import EstimateOptions
from tasks.movement.evidence import ImageEvidence
from tasks.movement.plate import PlateMovement
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.locks import own_well
from tasks.survey.moved_in_place import read_frame
from tasks.survey.table_record import ESTIMATED, was_made_from


@task(
    name="estimate-shifts",
    task_run_name="shifts {image.parent.parent.name}/{image.parent.name}/{image.name}",
    tags={"image-io"},
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def estimate_shifts(
    image: Path,
    reference: Path,
    options: EstimateOptions,
    well: Sequence[ImageEvidence],
    plate: PlateMovement,
    *,
    redo: bool,
    workers: int,
) -> ImageEstimate | None:
    """Decide on an image's shifts and write them, unless they were made from this very input.

    Args:
        image: The image.
        reference: Its reference.
        options: What to estimate from, and what to do in doubt.
        well: What the images of the well propose, this one among them.
        plate: How the plate moved, as far as it is known.
        redo: Whether to decide even if nothing has changed.
        workers: Regions worked on at the same time.

    Returns:
        The estimate; None where the one that is there was kept.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
        UncertainShiftError: A region cannot be trusted, and the policy gives it no other shift.
        LockHeldError: Another run is writing in the well for too long.
    """
    logger = get_run_logger()
    if read_frame(image) is not None:
        logger.debug("%s: registered in place already; it has no shift any more", image)
        return None
    made_from = fingerprint_estimate(image, reference, options)
    if not redo and was_made_from(image, options.input_roi_table, ESTIMATED, made_from):
        logger.debug("%s: shifts were estimated from this very input; kept", image)
        return None
    estimate = decide_image(image, options, well, plate, workers=workers)
    with own_well(image.parent, timeout=SETTINGS.lock_timeout_seconds):
        require_unchanged(image, reference, options, made_from)
        messages = write_columns(estimate, made_from)
    for warning in (*estimate.warnings, *messages):
        logger.warning(warning)
    for region in estimate.regions:
        z, y, x = region.translation
        logger.log(
            # What was not simply estimated should be seen.
            logging.DEBUG if region.decision == "estimated" else logging.WARNING,
            "%s: region '%s' %s (z %.3f, y %.3f, x %.3f) micrometers, score %.2f%s",
            image,
            region.name,
            region.decision,
            z,
            y,
            x,
            region.score,
            f": {region.reason}" if region.reason else "",
        )
    return estimate
