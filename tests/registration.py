"""Register with the plain functions alone, in the order in which the flows call them."""

from __future__ import annotations

from pathlib import Path

from tasks.estimate.columns import write_columns
from tasks.estimate.consensus import find_consensus, write_consensus
from tasks.estimate.image import estimate_image
from tasks.estimate.options import EstimateOptions
from tasks.pixels.write import write_pyramid
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.plan.window import Interpolation
from tasks.storage.provenance import write_provenance
from tasks.storage.recover import recover_image
from tasks.storage.staging import stage_labels, start_staging
from tasks.storage.swap import clean_up, make_ready, publish
from tasks.storage.verify import verify_staged
from tasks.storage.well_entries import list_image
from tasks.survey.build import build_plan
from tasks.survey.table_record import CONSENSUS
from tasks.tables.write import write_tables


def register(
    image: Path,
    *,
    registered_roi_table: str = "registered",
    reference_acquisition: int = 0,
    register_labels: bool = True,
    overwrite_input: bool = True,
    interpolation: Interpolation = "none",
    workers: int = 2,
    min_covered: float = 0.0,
) -> RegistrationPlan:
    """Register an image, however little of it is kept, and return the plan that was followed."""
    recover_image(image.parent, image.name)
    plan = build_plan(
        image,
        RegistrationRequest(
            registered_roi_table,
            reference_acquisition=reference_acquisition,
            register_labels=register_labels,
            overwrite_input=overwrite_input,
            interpolation=interpolation,
            min_covered=min_covered,
        ),
    )
    staged, link = start_staging(plan), plan.overwrites_input
    write_pyramid(plan.image, plan.image_path, staged, workers=workers, link=link)
    stage_labels(plan)
    for label in plan.labels:
        if label.shifts:
            write_pyramid(label, plan.image_path, staged, workers=workers, link=link)
    write_tables(plan, staged)
    write_provenance(plan)
    verify_staged(plan)
    make_ready(plan)
    publish(plan)
    if not plan.overwrites_input:
        list_image(plan.output_path.parent, plan.output_name, plan.acquisition)
    clean_up(plan)
    return plan


def register_raw(well: Path, options: EstimateOptions, *others: str, reference: str = "0") -> None:
    """Estimate the shifts of a well's images, find their consensus, and apply it in place."""
    images = [well / name for name in others]
    for image in images:
        write_columns(estimate_image(image, options), "made in a test")
    table = options.input_roi_table
    registered = f"{table}_registered"
    found = find_consensus(well / reference, images, table)
    write_consensus(
        [*images, well / reference], found, table, registered, {CONSENSUS: "made in a test"}
    )
    for image in [*images, well / reference]:
        register(image, registered_roi_table=registered)
