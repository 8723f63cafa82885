"""Judge a staged image before it takes its place: its table goes into it, its pictures beside."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tasks.plan.registration_plan import RegistrationPlan
from tasks.quality.compare_images import compare_planned
from tasks.quality.image_quality import judge_image
from tasks.quality.place import places_of
from tasks.quality.region_quality import RegionQuality
from tasks.quality.table import write_quality
from tasks.quality.verdict import Thresholds
from tasks.quality.witnesses import witnesses_of

NEEDED = ("jinja2", "matplotlib", "PIL")
"""What pictures and the page are made with: the extra `report`."""


def can_report() -> bool:
    """Whether what pictures and the page are made with is installed."""
    return all(find_spec(name) is not None for name in NEEDED)


def assess(
    plan: RegistrationPlan, staged: Path, thresholds: Thresholds, folder: Path | None
) -> tuple[RegionQuality, ...]:
    """Measure each region of a staged image against the reference, and record what was found.

    The image of the reference acquisition is its own measure: nothing is said of it.

    Args:
        plan: What was done; the original and the reference must still be there.
        staged: Root folder of the staged image, complete.
        thresholds: Where verdicts change.
        folder: Of the plate's report; None where no pictures are wanted.

    Returns:
        The quality of each region, in the plan's order.

    Raises:
        InvalidInputError: Image and reference cannot be compared.
        OSError: Something cannot be read or written.
    """
    if plan.image_path == plan.reference_path:
        return ()
    others = witnesses_of(plan.image_path.parent, plan.reference_acquisition)
    compared = compare_planned(plan, staged, others)
    found = []
    for quality, pictures in judge_image(
        places_of(plan),
        compared,
        thresholds,
        well=plan.well,
        image=plan.output_name,
        acquisition=plan.acquisition,
    ):
        found.append(quality)
        if folder is not None and pictures:
            from tasks.report.pictures import write_pictures  # noqa: PLC0415 - an extra

            write_pictures(
                folder, pictures[0], well=plan.well, image=plan.output_name, region=quality.region
            )
    write_quality(staged, found)
    return tuple(found)
