"""Register the images of one well side by side, the reference last."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from prefect import tags, task, unmapped
from prefect.logging import get_run_logger

from flows.image import apply_registration_to_image
from flows.parameters.form import flow_of
from flows.parameters.of_flows import ImageParameters, WellParameters
from flows.results.artifacts import report_well
from flows.results.endings import completed
from flows.results.failures import ImagesFailedError, reason_of
from flows.results.outcome import outcome_of
from flows.results.result import ImageReport, ImageResult, WellResult, count
from flows.results.run_names import well_run_name
from flows.running.cores import shared_out
from flows.running.task_runners import running
from tasks.plan.described import part_of
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.hidden import LOCK_FOLDER
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_well
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well
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
    with tags(well.parent.parent.name, f"well {well.parent.name}/{well.name}"):
        return apply_registration_to_image.of(
            part_of(ImageParameters, parameters, zarr_url=str(well / image), workers=workers)
        )


@flow_of(WellParameters, name="apply-registration-to-well", run_name=well_run_name)
def apply_registration_to_well(parameters: WellParameters) -> WellResult:
    """Register the images of a well to its image of the reference acquisition.

    The images of the reference acquisition come last, and only if all others succeeded. One image
    that fails does not stop the others; the run then fails and names each image and its reason.
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
    for message in selection.left_out:
        logger.info("Left alone: image %s", message)
    results: list[ImageResult] = []
    failed: dict[str, str] = {}
    for names in (selection.others, selection.reference):
        if not failed:
            done, failed = _register(well, names, parameters)
            results += done

    plate, name = well.parent.parent.name, f"{well.parent.name}/{well.name}"
    reports = (
        *(report for result in results for report in result.reports),
        *(
            ImageReport(well=name, image=image, outcome="failed", detail=reason)
            for image, reason in failed.items()
        ),
    )
    report_well(plate, name, reports)
    if failed:
        raise ImagesFailedError(
            f"{plate} {name}: {count(reports)}{_reference_kept(selection.reference, reports)}. "
            + "; ".join(f"image '{image}': {reason}" for image, reason in failed.items()),
            reports,
        )
    return completed(
        WellResult(
            image_list_updates=[u for result in results for u in result.image_list_updates],
            reports=reports,
        ),
        f"{plate} {name}: {count(reports)}",
        skipped=all(report.outcome == "skipped" for report in reports),
    )


def _register(
    well: Path, names: Sequence[str], parameters: WellParameters
) -> tuple[list[ImageResult], dict[str, str]]:
    """Return the results of the images that succeeded, and the reasons of those that did not."""
    at_once, threads = shared_out(parameters.workers, parameters.parallel_images, len(names))
    with running(parameters.task_runner, at_once) as runner:
        futures = runner.map(
            register_image,
            {
                "image": list(names),
                "well": unmapped(well),
                "parameters": unmapped(parameters),
                "workers": threads,
            },
        )
        done: list[ImageResult] = []
        failed: dict[str, str] = {}
        for name, future in zip(names, futures, strict=True):
            outcome = outcome_of(future)
            if isinstance(outcome, ImageResult):
                done.append(outcome)
            else:
                failed[name] = reason_of(outcome)
    return done, failed


def _reference_kept(reference: Sequence[str], reports: Sequence[ImageReport]) -> str:
    """Return that the reference was not touched, where it was to come and its turn never came."""
    untouched = set(reference) - {report.image for report in reports}
    return f"; reference {', '.join(sorted(untouched))} was not touched" if untouched else ""
