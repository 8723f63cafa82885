"""Prefect task `resolve-reference`: everything that registering one image needs to know."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.plan.description import smallest_and_largest
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
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
def resolve_reference(image: Path, request: RegistrationRequest, *, lock: bool) -> RegistrationPlan:
    """Read the reference once and return the plan.

    Args:
        image: The image to register.
        request: Whose frame it gets, by which table, and what moves.
        lock: Whether to hold the well's lock while reading; a dry run touches nothing.

    Raises:
        InvalidInputError: The image cannot be registered; the message says why.
        LockHeldError: Another run is writing in the well for too long.
    """
    logger = get_run_logger()

    if lock:
        with own_well(image.parent, timeout=SETTINGS.lock_timeout_seconds):
            plan = build_plan(image, request)
    else:
        plan = build_plan(image, request)
    for warning in (*plan.warnings, *plan.left_behind):
        logger.warning(warning)
    smallest, largest = smallest_and_largest(plan.image)
    logger.debug(
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
