"""Prefect task `finalize`: verify the staged image, then put it in its place."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.plan.registration_plan import RegistrationPlan
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.stopping import STOPPING
from tasks.storage.locks import own_well
from tasks.storage.provenance import write_provenance
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image


@task(
    name="finalize",
    task_run_name="finalize {plan.image_name}",
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def finalize(plan: RegistrationPlan) -> tuple[str, ...]:
    """Replace the image by the staged one, or publish that beside it and list it in the well.

    Returns what a person should know: what could not be kept of the original, or not be removed.

    Raises:
        ChangedMeanwhileError: Something else wrote into the original meanwhile; it was kept.
        VerificationError: The staged image is not what the plan says; the original was kept.
        StoppedError: The run is to stop, and nothing was replaced yet.
    """
    STOPPING.check()
    well = plan.image_path.parent
    logger = get_run_logger()
    # Each step does nothing where an earlier attempt of this task has come further.
    write_provenance(plan)
    verify_staged(plan)
    messages = make_ready(plan)
    # What takes long is done before and after: others wait for names only.
    with own_well(well, timeout=SETTINGS.lock_timeout_seconds):
        publish(plan)
        listed = list_image(well, plan.output_name, plan.acquisition)
    messages += clean_up(plan)
    for message in messages:
        logger.warning("%s: %s", plan.title, message)
    logger.info(
        "%s: verified and put in place as %s%s",
        plan.title,
        plan.output_path,
        ", new in the well's list of images" if listed else "",
    )
    return messages
