"""Prefect task `resolve-reference`: everything that registering one image needs to know."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.plan.description import smallest_and_largest
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Interpolation
from tasks.plan.wording import counted
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.locks import own_well
from tasks.survey.build import build_plan


@task(
    name="resolve-reference",
    task_run_name="resolve-reference {image.name}",
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def resolve_reference(
    image: Path,
    *,
    registered_roi_table: str,
    reference_acquisition: int,
    register_labels: bool,
    overwrite_input: bool,
    interpolation: Interpolation,
    lock: bool,
) -> RegistrationPlan:
    """Read the reference once and return the plan.

    Args:
        image: The image to register.
        registered_roi_table: Table that says where each region lies in this image.
        reference_acquisition: Acquisition that the reference belongs to.
        register_labels: Whether labels move with the pixels.
        overwrite_input: Whether the result takes the place of the image.
        interpolation: How the image's pixels move by fractions of a pixel; `none`: they do not.
        lock: Whether to hold the well's lock while reading; a dry run touches nothing.

    Raises:
        InvalidInputError: The image cannot be registered; the message says why.
        LockHeldError: Another run is writing in the well for too long.
    """
    logger = get_run_logger()

    def build() -> RegistrationPlan:
        return build_plan(
            image,
            registered_roi_table=registered_roi_table,
            reference_acquisition=reference_acquisition,
            register_labels=register_labels,
            overwrite_input=overwrite_input,
            interpolation=interpolation,
        )

    if lock:
        with own_well(image.parent, timeout=SETTINGS.lock_timeout_seconds):
            plan = build()
    else:
        plan = build()
    for warning in plan.warnings:
        logger.warning(warning)
    smallest, largest = smallest_and_largest(plan.image)
    logger.info(
        "%s: %s against '%s', smallest shift %s, largest shift %s; %s, %s",
        plan.title,
        counted(len(plan.image.shifts), "region"),
        plan.reference_path.name,
        smallest,
        largest,
        counted(len(plan.labels), "label"),
        counted(len(plan.tables), "table"),
    )
    return plan
