"""Register one image: plan, write a new image aside, verify it, put it in place."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from time import perf_counter

from prefect.logging import get_run_logger

from flows.parameters.form import flow_of
from flows.parameters.of_flows import ImageParameters
from flows.results.done import Done
from flows.results.left_out import left_out
from flows.results.quality import quality_text, report_of, verdicts_of
from flows.results.result import ImageReport, ImageResult, ImageUpdate, Outcome
from flows.results.run_names import image_run_name
from flows.running.cores import available_cores
from flows.running.steps import RunsSteps, as_task
from tasks.copy_tables import copy_tables
from tasks.finalize import finalize
from tasks.pixels.memory import peak_memory_bytes
from tasks.plan.description import describe_plan, smallest_and_largest
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.wording import counted, size_text
from tasks.progress import in_parts, shown_progress
from tasks.quality.region_quality import RegionQuality
from tasks.resolve_reference import resolve_reference
from tasks.settings import SETTINGS
from tasks.storage.as_made import unlike_made
from tasks.storage.locks import own_image
from tasks.storage.paths import local_path
from tasks.storage.provenance import changes_since, is_up_to_date, read_provenance
from tasks.storage.recover import recover_image, recover_well, require_image
from tasks.storage.space import (
    check_free_space,
    check_writable,
    needed_bytes,
    refusals_to_come,
    room_given_back,
)
from tasks.survey.added_since import refuse_to_lose
from tasks.tables.memory import table_memory_bytes
from tasks.write_image import write_image
from tasks.write_labels import write_labels


@flow_of(ImageParameters, name="apply-registration-to-image", run_name=image_run_name)
def apply_registration_to_image(parameters: ImageParameters) -> ImageResult:
    """Register one image of a well to the well's image of the reference acquisition.

    Every region's pixels move to where the same region lies in the reference; what no region covers
    becomes zero. Labels and tables follow. The original is never modified: it is replaced as a
    whole, or kept, and an image that is already registered with the same input is skipped.
    """
    return register_image_by(as_task, parameters).as_end()


def register_image_by(run: RunsSteps, parameters: ImageParameters) -> Done[ImageResult]:
    """Register one image, its steps run as they are told to.

    Args:
        run: Runs each of the five steps.
        parameters: What is done to which image.
    """
    started = perf_counter()
    logger = get_run_logger()
    image = local_path(parameters.zarr_url)
    threads = parameters.workers or available_cores()

    if parameters.dry_run:
        plan = run(resolve_reference, image, parameters, lock=False)
        text = describe_plan(
            plan,
            memory_bytes=_memory_bytes(plan, threads),
            disk_bytes=needed_bytes(plan),
        )
        if is_up_to_date(plan) and not parameters.redo:
            text += "\n  finished  already registered with this very input: nothing would be done"
            text += "".join(f"\n  warning   {warning}" for warning in _unlike_made(plan))
        else:
            if changes := changes_since(plan):
                text += (
                    f"\n  changed   {', '.join(changes)}: what an earlier run made is made again"
                )
            text += "".join(
                f"\n  warning   {lost}" for lost in refuse_to_lose(plan, redo=parameters.redo)
            )
            text += "".join(f"\n  refused   {reason}" for reason in refusals_to_come(plan))
        logger.info(text)
        return Done(
            ImageResult(
                image_list_updates=[],
                reports=_with_left_behind(plan, _report(plan, "planned", started, detail=text)),
            ),
            f"dry run: {counted(len(plan.image.shifts), 'region')} would be registered, "
            "nothing was touched",
        )

    told = recover_well(image.parent)
    require_image(image)
    with own_image(image.parent, image.name, timeout=SETTINGS.lock_timeout_seconds):
        told = tuple(dict.fromkeys((*told, *recover_image(image.parent, image.name))))
        for message in told:
            logger.warning(message)
        plan = run(resolve_reference, image, parameters, lock=True)
        for message in (unlike := _unlike_made(plan)):
            logger.warning(message)
        told += unlike
        if not parameters.redo and is_up_to_date(plan):
            detail = f"{plan.output_name} is already registered with this very input"
            report = _report(plan, "skipped", started, detail=detail, warnings=told)
            result = ImageResult(
                image_list_updates=[_update(plan)], reports=_with_left_behind(plan, report)
            )
            return Done(result, detail, skipped=True)
        for message in (lost := refuse_to_lose(plan, redo=parameters.redo)):
            logger.warning(message)
        told += lost
        if changes := changes_since(plan):
            logger.info("%s is made again; changed: %s", plan.output_path, ", ".join(changes))
        check_writable(plan)
        check_free_space(plan)
        logger.debug(
            "%s: at most %s of memory with %s",
            plan.title,
            size_text(_memory_bytes(plan, threads)),
            counted(threads, "worker"),
        )
        with room_given_back(plan):
            with shown_progress(f"image {plan.title}") as note:
                of_image, of_labels = in_parts(note, _sizes(plan))
                pixels = run(write_image, plan, workers=threads, note=of_image)
                labels = run(write_labels, plan, workers=threads, note=of_labels)
            told += run(copy_tables, plan)
            finalized = run(finalize, plan, parameters, report=report_of(plan, parameters))
            told += finalized.messages

    report = _report(
        plan,
        "registered",
        started,
        bytes_written=sum(written.bytes_written for written in (pixels, *labels)),
        warnings=told,
        quality=finalized.quality,
    )
    return Done(
        ImageResult(image_list_updates=[_update(plan)], reports=_with_left_behind(plan, report)),
        f"{counted(report.regions, 'region')} registered to {plan.reference_path.name}, "
        f"largest shift {report.largest_shift}; "
        f"{size_text(report.bytes_written)} in {report.seconds:.1f} s",
    )


def _memory_bytes(plan: RegistrationPlan, threads: int) -> int:
    # Tables come after the pixels.
    return max(peak_memory_bytes(plan, threads), table_memory_bytes(plan))


def _unlike_made(plan: RegistrationPlan) -> tuple[str, ...]:
    """Return in words what a finished result does not hold any more as it was written."""
    record = read_provenance(plan.output_path)
    if record is None or not is_up_to_date(plan):
        return ()
    # Of an image in its own place all was looked at to make the plan.
    known = plan.made_from if plan.overwrites_input else {}
    found = unlike_made(plan.output_path, record, known)
    return tuple(f"{plan.output_path}: {problem}; {advice}" for problem, advice in found)


def _sizes(plan: RegistrationPlan) -> tuple[int, int]:
    """Return how many pixels the image has, and how many its labels that move."""
    moving = [label for label in plan.labels if label.shifts]
    return prod(plan.image.levels[0].shape), sum(prod(label.levels[0].shape) for label in moving)


def _update(plan: RegistrationPlan) -> ImageUpdate:
    origin = None if plan.overwrites_input else str(plan.image_path)
    return ImageUpdate(zarr_url=str(plan.output_path), origin=origin)


def _with_left_behind(plan: RegistrationPlan, report: ImageReport) -> tuple[ImageReport, ...]:
    left = (left_out(plan.well, {plan.image_name: reason}) for reason in plan.left_behind)
    return (report, *(row for rows in left for row in rows))


def _report(
    plan: RegistrationPlan,
    outcome: Outcome,
    started: float,
    *,
    detail: str = "",
    bytes_written: int = 0,
    warnings: tuple[str, ...] = (),
    quality: Sequence[RegionQuality] = (),
) -> ImageReport:
    # What was skipped has moved already; its plan would say that it stays.
    smallest, largest = ("", "") if outcome == "skipped" else smallest_and_largest(plan.image)
    return ImageReport(
        well=plan.well,
        image=plan.image_name,
        outcome=outcome,
        detail=detail,
        regions=len(plan.image.shifts),
        smallest_shift=smallest,
        largest_shift=largest,
        seconds=perf_counter() - started,
        bytes_written=bytes_written,
        warnings=(*plan.warnings, *warnings),
        quality=quality_text(quality),
        verdicts=verdicts_of(quality),
    )
