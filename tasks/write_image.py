"""Prefect task `write-image`: the image's pixels, all levels, into a staged image."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.wording import counted, size_text
from tasks.progress import Note
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.staging import start_staging


@task(
    name="write-image",
    task_run_name="write-image {plan.image_name}",
    tags={"image-io"},
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def write_image(plan: RegistrationPlan, *, workers: int, note: Note) -> WrittenPixels:
    """Start the staged image anew and write every level of its pixels; a retry starts over.

    Args:
        plan: What is written.
        workers: Blocks written at the same time.
        note: Takes blocks done and blocks in all; see `shown_progress`.
    """
    staged = start_staging(plan)
    written = write_pyramid(
        plan.image,
        plan.image_path,
        staged,
        workers=workers,
        link=plan.overwrites_input,
        progress=note,
    )
    get_run_logger().debug(
        "%s: %s, %d chunks read, %d written, %d as they were, %d empty, %s by %s with %s",
        plan.title,
        counted(len(plan.image.levels), "level"),
        written.chunks_decoded,
        written.chunks_written,
        written.chunks_carried,
        written.chunks_empty,
        size_text(written.bytes_written),
        written.encoded_by,
        counted(workers, "worker"),
    )
    return written
