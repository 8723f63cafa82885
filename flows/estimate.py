"""Estimate the shifts of the images of one well to its reference."""

from __future__ import annotations

from prefect import flow, unmapped
from prefect.logging import get_run_logger

from flows.estimate_parameters import (
    InputRoiTable,
    LevelPath,
    MaxShift,
    MethodChoice,
    OnLowConfidenceChoice,
    RescaleQuantile,
    WavelengthId,
)
from flows.parameters import (
    ParallelImages,
    Redo,
    ReferenceAcquisition,
    WellUrl,
    Workers,
    with_described_parameters,
)
from flows.results.endings import completed
from flows.results.failures import reason_of
from flows.results.outcome import outcome_of
from flows.results.run_names import well_run_name
from flows.results.shifts import report_shifts
from flows.running.cores import shared_out
from flows.running.task_runners import running
from tasks.estimate.image import ImageEstimate
from tasks.estimate.images import group_images
from tasks.estimate.options import EstimateOptions
from tasks.estimate_shifts import estimate_shifts
from tasks.plan.errors import UncertainShiftError
from tasks.storage.kinds import require_kind
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well


@flow(name="estimate-shifts-of-well", flow_run_name=well_run_name)
@with_described_parameters
def estimate_shifts_of_well(  # noqa: PLR0917 - the form that people fill in
    well_url: WellUrl,
    wavelength_id: WavelengthId,
    reference_acquisition: ReferenceAcquisition = 0,
    method: MethodChoice = "phase_cross_correlation",
    input_roi_table: InputRoiTable = "FOV_ROI_table",
    level_path: LevelPath = "2",
    lower_rescale_quantile: RescaleQuantile = 0.0,
    upper_rescale_quantile: RescaleQuantile = 0.99,
    max_shift_um: MaxShift = None,
    on_low_confidence: OnLowConfidenceChoice = "neighbours",
    redo: Redo = False,
    parallel_images: ParallelImages = 2,
    workers: Workers = None,
) -> tuple[ImageEstimate, ...]:
    """Estimate every region's shift in every image of a well, and write it into its ROI table.

    A shift is written only if it can be trusted, or with a word that says where it is from. An
    image with a region that cannot be trusted is refused; the others are done first. An estimate
    that was made from this very input is kept.
    """
    logger = get_run_logger()
    well = local_path(well_url)
    require_kind(well, "well")
    options = EstimateOptions(
        wavelength_id=wavelength_id,
        reference_acquisition=reference_acquisition,
        method=method,
        input_roi_table=input_roi_table,
        level_path=level_path,
        lower_rescale_quantile=lower_rescale_quantile,
        upper_rescale_quantile=upper_rescale_quantile,
        max_shift_um=max_shift_um,
        on_low_confidence=on_low_confidence,
    )
    for message in recover_well(well):
        logger.warning(message)
    groups, warnings = group_images(
        well, input_roi_table=input_roi_table, reference_acquisition=reference_acquisition
    )
    for warning in warnings:
        logger.warning(warning)
    pairs = [(image, group.reference) for group in groups for image in group.others]
    at_once, threads = shared_out(workers, parallel_images, len(pairs))
    estimates: list[ImageEstimate] = []
    failed: dict[str, str] = {}
    with running("threads", at_once) as runner:
        futures = runner.map(
            estimate_shifts,
            {
                "image": [image for image, _ in pairs],
                "reference": [reference for _, reference in pairs],
                "options": unmapped(options),
                "redo": redo,
                "workers": threads,
            },
        )
        for (image, _), future in zip(pairs, futures, strict=True):
            outcome = outcome_of(future)
            if isinstance(outcome, ImageEstimate):
                estimates.append(outcome)
            elif outcome is not None:
                failed[image.name] = reason_of(outcome)
    plate, name = well.parent.parent.name, f"{well.parent.name}/{well.name}"
    if estimates:
        report_shifts(plate, name, estimates)
    if failed:
        raise UncertainShiftError(
            f"{plate} {name}: shifts of {len(failed)} of {len(pairs)} images were not estimated. "
            + "; ".join(f"image '{image}': {reason}" for image, reason in failed.items())
        )
    kept = len(pairs) - len(estimates)
    return completed(
        tuple(estimates),
        f"{plate} {name}: shifts of {len(estimates)} images estimated, {kept} kept",
        skipped=not estimates,
    )
