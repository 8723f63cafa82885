"""Prefect task `copy-tables`: every table of the result, into the staged image."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.wording import counted
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.storage.hidden import staging_path
from tasks.storage.locks import own_well
from tasks.tables.write import write_tables


@task(
    name="copy-tables",
    task_run_name="copy-tables {plan.image_name}",
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def copy_tables(plan: RegistrationPlan) -> tuple[str, ...]:
    """Write the staged image's tables anew and return what a person should know about them.

    The well is owned meanwhile: the reference's tables must not be swapped while they are read.
    """
    logger = get_run_logger()
    with own_well(plan.image_path.parent, timeout=SETTINGS.lock_timeout_seconds):
        messages = write_tables(plan, staging_path(plan))
    for message in messages:
        logger.warning(message)
    moved = sum(table.handling == "shift" for table in plan.tables)
    from_reference = sum(table.origin == "reference" for table in plan.tables)
    logger.debug(
        "%s: %s, %d from the reference, %d moved with the pixels",
        plan.title,
        counted(len(plan.tables), "table"),
        from_reference,
        moved,
    )
    return messages
