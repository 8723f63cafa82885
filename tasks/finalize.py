"""Prefect task `finalize`: verify the staged image, then put it in its place."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Frozen
from tasks.quality.options import QualityOptions
from tasks.quality.region_quality import RegionQuality
from tasks.quality.table import read_quality
from tasks.report.assess import Assessed, assess, hold_back
from tasks.retry import can_heal
from tasks.settings import SETTINGS
from tasks.stopping import STOPPING
from tasks.storage.hidden import staging_path
from tasks.storage.locks import own_well
from tasks.storage.provenance import is_past_staging, write_provenance
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image
from tasks.survey.unchanged_frame import refuse_changed_frame


class Finalized(Frozen):
    """What is to be told of an image that was put in place."""

    quality: tuple[RegionQuality, ...]
    """Of each region; empty for the reference, which is its own measure."""
    messages: tuple[str, ...]
    """What could not be kept of the original, not be removed, or not be written of the report."""


@task(
    name="finalize",
    task_run_name="finalize {plan.image_name}",
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal,
    cache_policy=NO_CACHE,
)
def finalize(plan: RegistrationPlan, quality: QualityOptions, *, report: Path | None) -> Finalized:
    """Replace the image by the staged one, or publish that beside it and list it in the well.

    Args:
        plan: What was done.
        quality: How the result is judged, and what holds it back.
        report: Folder of the plate's report, for the pictures; None where none are wanted.

    Raises:
        ChangedMeanwhileError: Something else wrote into the original, or the reference's registered
            table, meanwhile; the original was kept.
        VerificationError: The staged image is not what the plan says; the original was kept.
        QualityError: It is not as good as was asked for; it is kept aside, and so is the original.
        StoppedError: The run is to stop, and nothing was replaced yet.
    """
    STOPPING.check()
    well = plan.image_path.parent
    logger = get_run_logger()
    # Each step does nothing where an earlier attempt of this task has come further.
    write_provenance(plan)
    verify_staged(plan)
    found, told = _assess(plan, quality, report)
    messages = (*told, *make_ready(plan))
    # What takes long is done before and after: others wait for names only.
    with own_well(well, timeout=SETTINGS.lock_timeout_seconds):
        refuse_changed_frame(plan)
        publish(plan)
        listed = list_image(well, plan.output_name, plan.acquisition)
    messages += clean_up(plan)
    for message in messages:
        logger.warning("%s: %s", plan.title, message)
    logger.debug(
        "%s: verified and put in place as %s%s",
        plan.title,
        plan.output_path,
        ", new in the well's list of images" if listed else "",
    )
    return Finalized(quality=found, messages=messages)


def _assess(plan: RegistrationPlan, quality: QualityOptions, report: Path | None) -> Assessed:
    if is_past_staging(plan):
        return Assessed(read_quality(plan.output_path))
    try:
        found = assess(plan, staging_path(plan), quality, report)
    except InvalidInputError as error:
        get_run_logger().warning("%s: its quality is not known: %s", plan.title, error)
        return Assessed(())
    hold_back(plan, found.quality, quality.require_quality)
    return found
