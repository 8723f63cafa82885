"""Register the images of one well side by side, the reference last."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from prefect import flow, tags, task, unmapped
from prefect.logging import get_run_logger

from flows.image import apply_registration_to_image
from flows.options import RegistrationOptions
from flows.parameters import (
    DryRun,
    Images,
    InterpolationChoice,
    OverwriteInput,
    ParallelImages,
    Redo,
    ReferenceAcquisition,
    RegisteredRoiTable,
    RegisterLabels,
    RunnerKind,
    TaskRunnerChoice,
    WellUrl,
    Workers,
    with_described_parameters,
)
from flows.results.artifacts import report_well
from flows.results.endings import completed
from flows.results.failures import ImagesFailedError, reason_of
from flows.results.outcome import outcome_of
from flows.results.result import ImageReport, ImageResult, WellResult, count
from flows.results.run_names import well_run_name
from flows.running.cores import shared_out
from flows.running.task_runners import running
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
def register_image(
    image: str, well: Path, options: RegistrationOptions, workers: int
) -> ImageResult:
    """Run the image flow on one image of the well."""
    return _register_image(image, well, options, workers)


# A task is sent to another process with all it refers to, a plain function by its name only. Sent
# along, the image flow would arrive without the types of its parameters, and accept none.
def _register_image(
    image: str, well: Path, options: RegistrationOptions, workers: int
) -> ImageResult:
    with tags(well.parent.parent.name, f"well {well.parent.name}/{well.name}"):
        result: ImageResult = apply_registration_to_image(
            str(well / image), **options.model_dump(), workers=workers
        )
    return result


@flow(name="apply-registration-to-well", flow_run_name=well_run_name)
@with_described_parameters
def apply_registration_to_well(  # noqa: PLR0917 - the form that people fill in
    well_url: WellUrl,
    registered_roi_table: RegisteredRoiTable,
    reference_acquisition: ReferenceAcquisition = 0,
    register_labels: RegisterLabels = True,
    overwrite_input: OverwriteInput = True,
    interpolation: InterpolationChoice = "none",
    images: Images = None,
    redo: Redo = False,
    dry_run: DryRun = False,
    task_runner: TaskRunnerChoice = "threads",
    parallel_images: ParallelImages = 2,
    workers: Workers = None,
) -> WellResult:
    """Register the images of a well to its image of the reference acquisition.

    The images of the reference acquisition come last, and only if all others succeeded. One image
    that fails does not stop the others; the run then fails and names each image and its reason.
    """
    logger = get_run_logger()
    well = local_path(well_url)
    require_kind(well, "well")
    if not dry_run:
        for message in recover_well(well):
            logger.warning(message)
    # No image of the well is without its name, for a swap, while the well is owned. Where no run
    # has ever worked, none swaps; and bad input must leave no trace there.
    is_used = not dry_run and (well / LOCK_FOLDER).is_dir()
    with own_well(well, timeout=SETTINGS.lock_timeout_seconds) if is_used else nullcontext():
        selection = select_images(
            well,
            registered_roi_table=registered_roi_table,
            reference_acquisition=reference_acquisition,
            images=images,
        )
    for message in selection.left_out:
        logger.info("Left alone: image %s", message)
    options = RegistrationOptions(
        registered_roi_table=registered_roi_table,
        reference_acquisition=reference_acquisition,
        register_labels=register_labels,
        overwrite_input=overwrite_input,
        interpolation=interpolation,
        redo=redo,
        dry_run=dry_run,
    )

    results: list[ImageResult] = []
    failed: dict[str, str] = {}
    for names in (selection.others, selection.reference):
        if not failed:
            done, failed = _register(
                well,
                names,
                options,
                task_runner=task_runner,
                at_most=parallel_images,
                workers=workers,
            )
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
    well: Path,
    names: Sequence[str],
    options: RegistrationOptions,
    *,
    task_runner: RunnerKind,
    at_most: int,
    workers: int | None,
) -> tuple[list[ImageResult], dict[str, str]]:
    """Return the results of the images that succeeded, and the reasons of those that did not."""
    at_once, threads = shared_out(workers, at_most, len(names))
    with running(task_runner, at_once) as runner:
        futures = runner.map(
            register_image,
            {
                "image": list(names),
                "well": unmapped(well),
                "options": unmapped(options),
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
