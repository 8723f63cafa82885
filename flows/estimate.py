"""Estimate the shifts of the images of one well to its reference."""

from __future__ import annotations

from prefect import unmapped
from prefect.logging import get_run_logger

from flows.parameters.form import flow_of
from flows.parameters.of_flows import EstimateParameters
from flows.results.done import Done
from flows.results.failures import reason_of
from flows.results.outcome import outcome_of
from flows.results.run_names import well_run_name
from flows.results.shifts import report_shifts
from flows.running.cores import shared_out
from flows.running.plate_movement import is_shared, movement_of
from flows.running.steps import as_task, in_this_run
from flows.running.task_runners import running
from tasks.estimate.image import ImageEstimate
from tasks.estimate.images import group_images, still_to_move
from tasks.estimate.known_channel import require_channel
from tasks.estimate.options import EstimateOptions
from tasks.estimate.stored import read_well_evidence
from tasks.estimate_shifts import estimate_shifts
from tasks.plan.described import part_of
from tasks.plan.errors import UncertainShiftError
from tasks.propose_shifts import propose_shifts
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well


@flow_of(EstimateParameters, name="estimate-shifts-of-well", run_name=well_run_name)
def estimate_shifts_of_well(parameters: EstimateParameters) -> tuple[ImageEstimate, ...]:
    """Estimate every region's shift in every image of a well, and write it into its ROI table.

    A shift is written only if it can be trusted, or with a word that says where it is from. An
    image with a region that cannot be trusted is refused; the others are done first. An estimate
    that was made from this very input is kept.
    """
    done = estimate_well(parameters)
    if done.result:
        report_shifts(local_path(parameters.well_url), done.result)
    return done.as_end()


def estimate_well(parameters: EstimateParameters) -> Done[tuple[ImageEstimate, ...]]:
    """Estimate every region's shift in every image of a well, as a part of the run that asks.

    Raises:
        UncertainShiftError: An image was refused; what was estimated of the others is shown.
    """
    logger = get_run_logger()
    well = local_path(parameters.well_url)
    require_kind(well, "well")
    plate = well.parent.parent
    options, acquisition = part_of(EstimateOptions, parameters), parameters.reference_acquisition
    for message in recover_well(well):
        logger.warning(message)
    groups, warnings = group_images(
        well,
        input_roi_table=parameters.input_roi_table,
        reference_acquisition=parameters.reference_acquisition,
    )
    for warning in warnings:
        logger.warning(warning)
    require_channel(plate, [f"{well.parent.name}/{well.name}"], options)
    # What was registered in place has no shift any more; what it proposed then is kept.
    groups = still_to_move(groups)
    pairs = [(image, group.reference) for group in groups for image in group.others]
    images = len(pairs)
    at_once, threads = shared_out(parameters.workers, parameters.parallel_images, images)
    # Where the plate has let all wells propose, with retries, this only reads what they did.
    has_proposed = is_shared(plate, acquisition)
    run = in_this_run if has_proposed else as_task
    proposed = run(
        propose_shifts,
        well,
        groups,
        options,
        redo=parameters.redo and not has_proposed,
        at_once=at_once,
        workers=threads,
    )
    failed = dict(proposed.failed)
    pairs = [(image, reference) for image, reference in pairs if image.name not in failed]
    moved = movement_of(plate, acquisition, parameters.well_pitch_mm)
    estimates: list[ImageEstimate] = []
    with running("threads", at_once) as runner:
        futures = runner.map(
            estimate_shifts,
            {
                "image": [image for image, _ in pairs],
                "reference": [reference for _, reference in pairs],
                "options": unmapped(options),
                "well": unmapped(read_well_evidence(well, acquisition)),
                "plate": unmapped(moved),
                "redo": parameters.redo,
                "workers": threads,
            },
        )
        for (image, _), future in zip(pairs, futures, strict=True):
            outcome = outcome_of(future)
            if isinstance(outcome, ImageEstimate):
                estimates.append(outcome)
            elif outcome is not None:
                failed[image.name] = reason_of(outcome)
    name = f"{well.parent.name}/{well.name}"
    if failed:
        if estimates:
            report_shifts(well, estimates)
        raise UncertainShiftError(
            f"{plate.name} {name}: shifts of {len(failed)} of {images} images were not estimated. "
            + "; ".join(f"image '{image}': {reason}" for image, reason in failed.items())
        )
    kept = len(pairs) - len(estimates)
    return Done(
        tuple(estimates),
        f"{plate.name} {name}: shifts of {len(estimates)} images estimated, {kept} kept",
        skipped=not estimates,
    )
