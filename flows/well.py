"""Register the images of one well side by side, the reference last."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff

from flows.image import apply_registration_to_image, register_image_by
from flows.parameters.form import flow_of
from flows.parameters.of_flows import ImageParameters, WellParameters
from flows.results.artifacts import report_well
from flows.results.done import Done
from flows.results.failures import ImagesFailedError
from flows.results.left_out import all_skipped, left_out, told
from flows.results.result import ImageReport, ImageResult, ShiftReport, WellResult, count
from flows.results.run_names import well_run_name
from flows.running.images_of_well import run_on_images
from flows.running.steps import in_this_run
from tasks.plan.described import part_of
from tasks.progress import in_parts, part_of_a_run, shown_progress
from tasks.retry import can_heal_or_server_was_busy, server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.hidden import LOCK_FOLDER
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_well
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well
from tasks.survey.boundary import told_of
from tasks.survey.refused import refused_late
from tasks.survey.selection import select_images


# A task around the image flow, because Prefect finds the result of a flow called from a thread by
# counting calls, and would give one image the result of another when a run is retried.
@task(
    name="register-image",
    task_run_name="image {image}",
    persist_result=True,
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
)
def register_image(image: str, well: Path, parameters: WellParameters, workers: int) -> ImageResult:
    """Run the image flow on one image of the well."""
    return _register_image(image, well, parameters, workers)


# A task is sent to another process with all it refers to, a plain function by its name only. Sent
# along, the image flow would arrive without the types of its parameters, and accept none.
def _register_image(
    image: str, well: Path, parameters: WellParameters, workers: int
) -> ImageResult:
    with part_of_a_run():
        return apply_registration_to_image.of(_of_image(image, well, parameters, workers))


# In a plate the five steps are parts of one task: a flow run and six task runs an image would cost
# more than small images themselves. What heals is tried again by doing the image again, as a new
# run would: the next attempt removes what is staged, or finishes a swap that has begun, and an
# image that was put in its place is recognised. Its lock is free meanwhile. Pixels that a later
# step lost are written twice then; nothing is kept in memory that could be wrong by now.
# The result is not kept for a retry of the run either: that, too, finds what is finished.
@task(
    name="register-image-of-plate",
    task_run_name="image {well.parent.name}/{well.name}/{image}",
    tags={"image-io"},
    retries=SETTINGS.retries,
    retry_delay_seconds=exponential_backoff(SETTINGS.retry_delay_seconds),
    retry_jitter_factor=SETTINGS.retry_jitter,
    retry_condition_fn=can_heal_or_server_was_busy,
    cache_policy=NO_CACHE,
)
def register_image_of_plate(
    image: str, well: Path, parameters: WellParameters, workers: int
) -> ImageResult:
    """Do all steps of one image of a plate."""
    return _register_image_of_plate(image, well, parameters, workers)


def _register_image_of_plate(
    image: str, well: Path, parameters: WellParameters, workers: int
) -> ImageResult:
    with part_of_a_run(), told_of(well / image):
        done = register_image_by(in_this_run, _of_image(image, well, parameters, workers))
    return done.as_end()


def _of_image(image: str, well: Path, parameters: WellParameters, workers: int) -> ImageParameters:
    return part_of(ImageParameters, parameters, zarr_url=str(well / image), workers=workers)


@flow_of(WellParameters, name="apply-registration-to-well", run_name=well_run_name)
def apply_registration_to_well(parameters: WellParameters) -> WellResult:
    """Register the images of a well to its image of the reference acquisition.

    The images of the reference acquisition come last, and only if all others succeeded. One image
    that fails does not stop the others; the run then fails and names each image and its reason.
    """
    return register_images_by(register_image, parameters).as_end()


def register_images_by(
    one_image: Task[..., ImageResult],
    parameters: WellParameters,
    shifts: Sequence[ShiftReport] = (),
) -> Done[WellResult]:
    """Register the images of a well, each by a task, the reference last.

    Args:
        one_image: Takes `image`, `well`, `parameters` and `workers`.
        parameters: What is done to which well.
        shifts: What was estimated for the well's regions just before, to be shown with the rest.

    Raises:
        ImagesFailedError: An image failed; each is named with its reason.
    """
    logger = get_run_logger()
    well = local_path(parameters.well_url)
    require_kind(well, "well")
    if not parameters.dry_run:
        for message in recover_well(well):
            logger.warning(message)
    # No image of the well is without its name, for a swap, while the well is owned. Where no run
    # has ever worked, none swaps; and bad input must leave no trace there.
    is_used = not parameters.dry_run and (well / LOCK_FOLDER).is_dir()
    with own_well(well, timeout=SETTINGS.lock_timeout_seconds) if is_used else nullcontext():
        selection = select_images(
            well,
            registered_roi_table=parameters.registered_roi_table,
            reference_acquisition=parameters.reference_acquisition,
            images=parameters.images,
        )
        failed: dict[str, str] = {}
        if selection.others and not parameters.dry_run:
            failed = refused_late(
                well, selection.reference, selection.others, parameters, redo=parameters.redo
            )
    results: list[ImageResult] = []
    plate, name = well.parent.parent.name, f"{well.parent.name}/{well.name}"
    with shown_progress(f"well {plate} {name}") as note:
        notes = in_parts(note, [len(selection.others), len(selection.reference)])
        for names, of_these in zip((selection.others, selection.reference), notes, strict=True):
            if not failed:
                done, failed = run_on_images(one_image, names, well, parameters, note=of_these)
                results += done

    reports = (
        *(report for result in results for report in result.reports),
        *(
            ImageReport(well=name, image=image, outcome="failed", detail=reason)
            for image, reason in failed.items()
        ),
        *left_out(name, selection.left_out),
    )
    report_well(plate, name, reports, shifts)
    if failed:
        raise ImagesFailedError(
            f"{plate} {name}: {count(reports)}{_reference_kept(selection.reference, reports)}. "
            + "; ".join(f"image '{image}': {reason}" for image, reason in failed.items())
            + told(reports),
            reports,
        )
    return Done(
        WellResult(
            image_list_updates=[u for result in results for u in result.image_list_updates],
            reports=reports,
        ),
        f"{plate} {name}: {count(reports)}{told(reports)}",
        skipped=all_skipped(reports),
    )


def _reference_kept(reference: Sequence[str], reports: Sequence[ImageReport]) -> str:
    """Return that the reference was not touched, where it was to come and its turn never came."""
    untouched = set(reference) - {report.image for report in reports}
    return f"; reference {', '.join(sorted(untouched))} was not touched" if untouched else ""
