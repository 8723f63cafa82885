"""Judge a staged image before it takes its place: its table goes into it, its pictures beside."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from tasks.plan.registration_plan import RegistrationPlan
from tasks.quality.compare_images import compare_planned
from tasks.quality.image_quality import judge_image
from tasks.quality.measure import Pictures
from tasks.quality.options import Thresholds
from tasks.quality.place import places_of
from tasks.quality.region_quality import WORST_FIRST, RegionQuality
from tasks.quality.table import write_quality
from tasks.quality.witnesses import witnesses_of
from tasks.storage.consolidated import consolidate, has_consolidated
from tasks.storage.hold import hold
from tasks.storage.permission import permission_told

NEEDED = ("jinja2", "matplotlib", "PIL")
"""What pictures and the page are made with: the extra `report`."""


def can_report() -> bool:
    """Whether what pictures and the page are made with is installed."""
    return all(find_spec(name) is not None for name in NEEDED)


class Assessed(NamedTuple):
    """How well the regions of an image were registered."""

    quality: tuple[RegionQuality, ...]
    """Of each region, in the plan's order."""
    messages: tuple[str, ...] = ()
    """What a person should know."""


def assess(
    plan: RegistrationPlan, staged: Path, thresholds: Thresholds, folder: Path | None
) -> Assessed:
    """Measure each region of a staged image against the reference, and record what was found.

    The image of the reference acquisition is its own measure: nothing is said of it. Pictures that
    cannot be written are told of, and hold no image back.

    Args:
        plan: What was done; the original and the reference must still be there.
        staged: Root folder of the staged image, complete.
        thresholds: Where verdicts change.
        folder: Of the plate's report; None where no pictures are wanted.

    Raises:
        InvalidInputError: Image and reference cannot be compared.
        OSError: Something cannot be read, or written into the image.
    """
    if plan.image_path == plan.reference_path:
        return Assessed(())
    others = witnesses_of(plan.image_path.parent, plan.reference_acquisition)
    compared = compare_planned(plan, staged, others)
    found = []
    messages: tuple[str, ...] = ()
    for quality, pictures in judge_image(
        places_of(plan),
        compared,
        thresholds,
        well=plan.well,
        image=plan.output_name,
        acquisition=plan.acquisition,
    ):
        found.append(quality)
        if folder is None or messages:
            continue
        try:
            keep_pictures(folder, quality, pictures)
        except OSError as error:
            messages = (no_pictures_told(folder, error),)
    write_quality(staged, found)
    if has_consolidated(staged):
        consolidate(staged)
    return Assessed(tuple(found), messages)


def no_pictures_told(folder: Path, error: OSError) -> str:
    """Return that the report cannot be written, and what to do."""
    reason = permission_told(error) if isinstance(error, PermissionError) else str(error)
    return f"no report or pictures can be kept in {folder} ({reason}); give another report_path"


def keep_pictures(folder: Path, quality: RegionQuality, pictures: Sequence[Pictures]) -> None:
    """Write the pictures of a region's judged channel into the report's folder, if it has any.

    Raises:
        OSError: They cannot be written.
    """
    if not pictures:
        return
    from tasks.report.pictures import write_pictures  # noqa: PLC0415 - an extra

    write_pictures(
        folder, pictures[0], well=quality.well, image=quality.image, region=quality.region
    )


def hold_back(
    plan: RegistrationPlan,
    found: Sequence[RegionQuality],
    require_quality: Literal["fail", "check"] | None,
) -> None:
    """Keep a result aside where a region is not as good as was asked for.

    Args:
        plan: What was done.
        found: The quality of its regions.
        require_quality: Verdict from which on it is held back; None: never.

    Raises:
        QualityError: It is held back; the message says why, where it is, and what to do.
    """
    if require_quality is None:
        return
    limit = WORST_FIRST.index(require_quality)
    bad = [each for each in found if WORST_FIRST.index(each.verdict) <= limit]
    if bad:
        hold(plan, "; ".join(f"{each.region}: {each.verdict}: {each.reason}" for each in bad))
