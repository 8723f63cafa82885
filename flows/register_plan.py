"""What registering a raw well would do, stage by stage, as far as it can be known; all stays."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import Task
from prefect.logging import get_run_logger

from flows.parameters.of_flows import RegisterWellParameters, WellParameters
from flows.results.left_out import left_out, only_left_out
from flows.results.result import ImageReport, ImageResult, WellResult
from flows.running.cores import shared_out
from flows.well import register_images_by
from tasks.estimate.consensus_plan import describe_consensus, plan_consensus
from tasks.estimate.estimate_plan import describe_estimate, plan_estimate
from tasks.estimate.images import Group, group_images, images_left_out, settled_images
from tasks.estimate.options import EstimateOptions, registered_name
from tasks.plan.described import part_of
from tasks.storage.paths import local_path

Texts = dict[str, str]
"""Per image name, what would be done to it."""


def plan_well(parameters: RegisterWellParameters, one_image: Task[..., ImageResult]) -> WellResult:
    """Return a report for each image of a well, whose detail is the plan; nothing is written.

    What a stage would do is told as far as its input is there: pixels are planned once the
    consensus is that of the shifts that would be used.

    Args:
        parameters: What would be done.
        one_image: Plans what would be done to one image; see `flows.well`.

    Raises:
        InvalidInputError: A stage cannot be done; the message says why.
    """
    logger = get_run_logger()
    well = local_path(parameters.well_url)
    groups, warnings = group_images(
        well,
        input_roi_table=parameters.input_roi_table,
        reference_acquisition=parameters.reference_acquisition,
    )
    for warning in warnings:
        logger.warning(warning)
    images = sum(len(group.others) for group in groups)
    _, threads = shared_out(parameters.workers, parameters.parallel_images, images)
    is_agreed, texts = _before_applying(groups, parameters, threads)
    applied: dict[str, ImageReport] = {}
    rows: tuple[ImageReport, ...] = ()
    if parameters.stop_after is None and is_agreed:
        planned = register_images_by(
            one_image,
            part_of(
                WellParameters,
                parameters,
                registered_roi_table=registered_name(parameters.input_roi_table),
            ),
        )
        applied = {r.image: r for r in planned.result.reports if r.outcome != "left out"}
        rows = only_left_out(planned.result.reports)
    elif parameters.stop_after is None:
        for group in groups:
            name = group.reference.name
            texts[name] = texts.get(name, "") + _applied_later(group, parameters)
    name = f"{well.parent.name}/{well.name}"
    reports = []
    for image in dict.fromkeys([*texts, *applied]):
        report = applied.get(image) or ImageReport(well=name, image=image, outcome="planned")
        detail = "\n".join(filter(None, [texts.get(image), report.detail]))
        logger.info(detail)
        reports.append(report.model_copy(update={"detail": detail}))
    not_estimated = images_left_out(
        well,
        input_roi_table=parameters.input_roi_table,
        reference_acquisition=parameters.reference_acquisition,
    )
    reports += left_out(name, not_estimated)
    reports += [row for row in rows if row.image not in not_estimated]
    return WellResult(image_list_updates=[], reports=tuple(reports))


def _before_applying(
    groups: Sequence[Group], parameters: RegisterWellParameters, threads: int
) -> tuple[bool, Texts]:
    """Return whether the consensus is there and would be kept, and what would be done."""
    texts: Texts = {}
    estimate = part_of(EstimateOptions, parameters)
    is_agreed = parameters.stop_after != "estimate"
    for group in groups:
        settled = settled_images(group)
        texts |= {image.name: "registered in place already" for image in settled}
        later = [image for image in group.others if image not in settled]
        if settled and not later:
            continue
        plans = [plan_estimate(image, estimate, workers=threads) for image in later]
        for plan in plans:
            texts[plan.image.name] = describe_estimate(plan, redo=parameters.redo)
        if parameters.stop_after == "estimate":
            continue
        consensus = plan_consensus(
            group,
            input_roi_table=parameters.input_roi_table,
            registered_roi_table=registered_name(parameters.input_roi_table),
            min_overlap=parameters.min_overlap,
            allow_missing=parameters.allow_missing_regions,
            shifts_are_there=not parameters.redo and all(plan.is_kept for plan in plans),
        )
        texts[group.reference.name] = "\n".join(
            filter(None, [texts.get(group.reference.name), describe_consensus(consensus)])
        )
        is_agreed &= consensus.is_kept
    return is_agreed, texts


def _applied_later(group: Group, parameters: RegisterWellParameters) -> str:
    names = ", ".join(path.name for path in group.others)
    where = "in place" if parameters.overwrite_input else "into new images beside them"
    last = group.reference.name
    return f"\n  then      moves the pixels of images {names}, and of {last} last, {where}"
