"""Prefect task `write-labels`: every label on its own grid, into the staged image."""

from __future__ import annotations

from math import prod

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.wording import counted, size_text
from tasks.progress import Note, in_parts
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.hidden import staging_path
from tasks.storage.staging import stage_labels


@task(
    name="write-labels",
    task_run_name="write-labels {plan.image_name}",
    tags={"image-io"},
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def write_labels(plan: RegistrationPlan, *, workers: int, note: Note) -> tuple[WrittenPixels, ...]:
    """Start the staged labels anew, move those that move and carry the others over unchanged.

    Args:
        plan: What is written.
        workers: Blocks written at the same time.
        note: Takes how much is done, of how much in all; see `shown_progress`.

    Returns:
        What was written of each label that moves, in the plan's order.
    """
    logger = get_run_logger()
    stage_labels(plan)
    written = []
    moving = [label for label in plan.labels if label.shifts]
    notes = in_parts(note, [prod(label.levels[0].shape) for label in moving])
    for label, of_label in zip(moving, notes, strict=True):
        pixels = write_pyramid(
            label,
            plan.image_path,
            staging_path(plan),
            workers=workers,
            link=plan.overwrites_input,
            progress=of_label,
        )
        logger.debug(
            "%s: label '%s', %s, %d chunks read, %d written, %d empty, %s",
            plan.title,
            label.name,
            counted(len(label.levels), "level"),
            pixels.chunks_decoded,
            pixels.chunks_written,
            pixels.chunks_empty,
            size_text(pixels.bytes_written),
        )
        written.append(pixels)
    return tuple(written)
