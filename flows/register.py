"""Register wells from raw images: estimate the shifts, find the consensus, apply it."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, tags, task
from prefect.logging import get_run_logger

from flows.consensus import find_consensus_of_well, registered_name
from flows.estimate import estimate_shifts_of_well
from flows.estimate_parameters import (
    InputRoiTable,
    LevelPath,
    MaxShift,
    MethodChoice,
    MinOverlap,
    OnLowConfidenceChoice,
    RescaleQuantile,
    StopAfter,
    WavelengthId,
)
from flows.parameters import (
    DryRun,
    InterpolationChoice,
    OverwriteInput,
    ParallelImages,
    ParallelWells,
    PlateUrl,
    Redo,
    ReferenceAcquisition,
    RegisterLabels,
    Wells,
    WellUrl,
    Workers,
    with_described_parameters,
)
from flows.register_options import RegisterOptions
from flows.register_plan import plan_well
from flows.results.endings import completed
from flows.results.result import PlateResult, ShiftReport, WellResult, count
from flows.results.run_names import plate_run_name, well_run_name
from flows.results.shifts import reports_of
from flows.running.wells_of_plate import ended, run_on_wells
from flows.well import apply_registration_to_well
from tasks.estimate.image import ImageEstimate
from tasks.estimate.images import group_images, moved_images
from tasks.plan.errors import InvalidInputError
from tasks.retry import server_was_busy
from tasks.settings import SETTINGS
from tasks.storage.kinds import require_kind
from tasks.storage.locks import own_well
from tasks.storage.paths import local_path
from tasks.storage.recover import recover_well
from tasks.survey.selection import select_wells


@flow(name="register-well", flow_run_name=well_run_name)
@with_described_parameters
def register_well(  # noqa: PLR0917 - the form that people fill in
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
    min_overlap: MinOverlap = 0.5,
    stop_after: StopAfter = None,
    register_labels: RegisterLabels = True,
    overwrite_input: OverwriteInput = True,
    interpolation: InterpolationChoice = "none",
    redo: Redo = False,
    dry_run: DryRun = False,
    parallel_images: ParallelImages = 2,
    workers: Workers = None,
) -> WellResult:
    """Estimate the shifts of a well's images, find their consensus, and apply it.

    A stage whose results are there, made from this very input, is not repeated. Where pixels have
    begun to move in place, the shifts are those that moved them: only applying goes on. No pixel
    moves if any shift of the well was refused.
    """
    well = local_path(well_url)
    require_kind(well, "well")
    options = RegisterOptions(
        wavelength_id=wavelength_id,
        reference_acquisition=reference_acquisition,
        method=method,
        input_roi_table=input_roi_table,
        level_path=level_path,
        lower_rescale_quantile=lower_rescale_quantile,
        upper_rescale_quantile=upper_rescale_quantile,
        max_shift_um=max_shift_um,
        on_low_confidence=on_low_confidence,
        min_overlap=min_overlap,
        stop_after=stop_after,
        register_labels=register_labels,
        overwrite_input=overwrite_input,
        interpolation=interpolation,
        redo=redo,
        dry_run=dry_run,
    )
    return _register(well, options, parallel_images=parallel_images, workers=workers)


def _register(
    well: Path, options: RegisterOptions, *, parallel_images: int, workers: int | None
) -> WellResult:
    logger = get_run_logger()
    title = f"{well.parent.parent.name} {well.parent.name}/{well.name}"
    if options.dry_run:
        plans = plan_well(well, options, parallel_images=parallel_images, workers=workers)
        return completed(plans, f"{title}: dry run, nothing was touched")
    # A run that was killed while it swapped an image leaves the well without it.
    for message in recover_well(well):
        logger.warning(message)
    moved = _moved(well, options)
    shifts: tuple[ShiftReport, ...] = ()
    if moved:
        logger.warning(
            "%s: images %s were moved in place already; shifts and consensus are kept as they were",
            title,
            ", ".join(moved),
        )
    else:
        estimates: tuple[ImageEstimate, ...] = estimate_shifts_of_well(
            str(well),
            **options.for_estimate().model_dump(),
            redo=options.redo,
            parallel_images=parallel_images,
            workers=workers,
        )
        shifts = tuple(reports_of(f"{well.parent.name}/{well.name}", estimates))
    so_far = WellResult(image_list_updates=[], shifts=shifts)
    if options.stop_after == "estimate":
        return completed(so_far, f"{title}: stopped after estimating")
    if not moved:
        find_consensus_of_well(str(well), **options.for_consensus(), redo=options.redo)
    if options.stop_after == "consensus":
        return completed(so_far, f"{title}: stopped after the consensus")
    result: WellResult = apply_registration_to_well(
        str(well),
        **options.for_apply(),
        redo=options.redo and not moved,
        parallel_images=parallel_images,
        workers=workers,
    )
    return completed(
        result.model_copy(update={"shifts": shifts}),
        f"{title}: {count(result.reports)}",
        skipped=all(report.outcome == "skipped" for report in result.reports),
    )


def _moved(well: Path, options: RegisterOptions) -> tuple[str, ...]:
    with own_well(well, timeout=SETTINGS.lock_timeout_seconds):
        groups, _ = group_images(
            well,
            input_roi_table=options.input_roi_table,
            reference_acquisition=options.reference_acquisition,
        )
        table = registered_name(options.input_roi_table)
        return tuple(name for group in groups for name in moved_images(group, table))


# A task around the well flow, for the same reason as around the image flow: see `flows.well`.
@task(
    name="register-raw-well",
    task_run_name="well {well}",
    persist_result=True,
    retries=SETTINGS.retries,
    retry_condition_fn=server_was_busy,
)
def register_raw_well(
    well: str, plate: Path, options: RegisterOptions, parallel_images: int, workers: int
) -> WellResult:
    """Run the well flow on one well of the plate."""
    with tags(plate.name):
        result: WellResult = register_well(
            str(plate / well),
            **options.model_dump(),
            parallel_images=parallel_images,
            workers=workers,
        )
        return result


@flow(name="register-plate", flow_run_name=plate_run_name)
@with_described_parameters
def register_plate(  # noqa: PLR0917 - the form that people fill in
    plate_url: PlateUrl,
    wavelength_id: WavelengthId,
    reference_acquisition: ReferenceAcquisition = 0,
    method: MethodChoice = "phase_cross_correlation",
    input_roi_table: InputRoiTable = "FOV_ROI_table",
    level_path: LevelPath = "2",
    lower_rescale_quantile: RescaleQuantile = 0.0,
    upper_rescale_quantile: RescaleQuantile = 0.99,
    max_shift_um: MaxShift = None,
    on_low_confidence: OnLowConfidenceChoice = "neighbours",
    min_overlap: MinOverlap = 0.5,
    stop_after: StopAfter = None,
    register_labels: RegisterLabels = True,
    overwrite_input: OverwriteInput = True,
    interpolation: InterpolationChoice = "none",
    wells: Wells = None,
    redo: Redo = False,
    dry_run: DryRun = False,
    parallel_wells: ParallelWells = 2,
    parallel_images: ParallelImages = 2,
    workers: Workers = None,
) -> PlateResult:
    """Estimate, find the consensus and apply it, in every well of a plate.

    A well that fails, or whose shifts cannot be trusted, is left as it was and does not stop the
    others; the run then fails and names each well and its reason. Run again, it continues where it
    stopped. With `stop_after` the tables can be looked at before pixels move, with `dry_run` what
    each stage would do.
    """
    plate = local_path(plate_url)
    require_kind(plate, "plate")
    selected = list(select_wells(plate, wells))
    if not selected:
        raise InvalidInputError(f"{plate} lists no wells: there is nothing to register")
    options = RegisterOptions(
        wavelength_id=wavelength_id,
        reference_acquisition=reference_acquisition,
        method=method,
        input_roi_table=input_roi_table,
        level_path=level_path,
        lower_rescale_quantile=lower_rescale_quantile,
        upper_rescale_quantile=upper_rescale_quantile,
        max_shift_um=max_shift_um,
        on_low_confidence=on_low_confidence,
        min_overlap=min_overlap,
        stop_after=stop_after,
        register_labels=register_labels,
        overwrite_input=overwrite_input,
        interpolation=interpolation,
        redo=redo,
        dry_run=dry_run,
    )
    outcomes = run_on_wells(
        register_raw_well,
        selected,
        plate,
        {"options": options, "parallel_images": parallel_images},
        at_most=parallel_wells,
        workers=workers,
    )
    done = {"estimate": "estimated", "consensus": "agreed", None: "registered"}[stop_after]
    return ended(plate, outcomes, done=done)
