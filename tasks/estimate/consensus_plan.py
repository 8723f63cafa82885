"""What finding a well's consensus would do, for a person to look at."""

from __future__ import annotations

from tasks.estimate.consensus import find_consensus
from tasks.estimate.fingerprint import fingerprint_consensus
from tasks.estimate.images import Group, settled_images
from tasks.estimate.join import find_in_frame, is_in_frame
from tasks.plan.window import Frozen
from tasks.survey.table_record import CONSENSUS, was_made_from


class ConsensusPlan(Frozen):
    """What would be written for one reference and its images, and from what."""

    group: Group
    images: tuple[str, ...]
    """Names of those that get a table: all, or those that came after others were registered."""
    input_roi_table: str
    registered_roi_table: str
    is_kept: bool
    """Whether tables made from these very shifts are there."""
    shares: dict[str, float]
    """Per region, the share that all acquisitions have; empty where shifts are yet unknown."""


def plan_consensus(
    group: Group,
    *,
    input_roi_table: str,
    registered_roi_table: str,
    min_overlap: float,
    shifts_are_there: bool,
    allow_missing: bool = False,
) -> ConsensusPlan:
    """Return what finding the consensus would do.

    Args:
        group: The reference and the images registered to it.
        input_roi_table: Table with the estimated translations.
        registered_roi_table: Table to write into every image.
        min_overlap: Share of a region that must be left.
        shifts_are_there: Whether the translations are those that the run would use.
        allow_missing: Whether an image may lack regions of the reference.

    Raises:
        InvalidInputError: Regions differ, or too little is left of one.
    """
    settled = settled_images(group)
    images = tuple(image for image in (*group.others, group.reference) if image not in settled)
    if settled:
        images = tuple(image for image in images if image != group.reference)
    is_kept = False
    shares: dict[str, float] = {}
    if shifts_are_there and settled:
        is_kept = True
        for image in images:
            regions = find_in_frame(
                image,
                group.reference,
                settled,
                input_roi_table=input_roi_table,
                registered_roi_table=registered_roi_table,
                min_overlap=min_overlap,
                allow_missing=allow_missing,
            )
            is_kept &= is_in_frame(image, group.reference, regions, registered_roi_table)
            for one in regions:
                shares[one.region] = min(one.share, shares.get(one.region, 1.0))
    elif shifts_are_there:
        made_from = fingerprint_consensus(
            group.reference, group.others, input_roi_table, min_overlap
        )
        is_kept = all(
            was_made_from(image, registered_roi_table, CONSENSUS, made_from) for image in images
        )
        found = find_consensus(
            group.reference,
            group.others,
            input_roi_table,
            min_overlap=min_overlap,
            allow_missing=allow_missing,
        )
        shares = {one.region: one.share for one in found}
    return ConsensusPlan(
        group=group,
        images=tuple(image.name for image in images),
        input_roi_table=input_roi_table,
        registered_roi_table=registered_roi_table,
        is_kept=is_kept,
        shares=shares,
    )


def describe_consensus(plan: ConsensusPlan) -> str:
    """Return the plan as text, a line for each thing to know."""
    reference = plan.group.reference
    names = ", ".join(plan.images)
    lines = [
        f"{reference.parents[2].name} {reference.parents[1].name}/{reference.parent.name}: "
        f"what images {names} share of the regions of '{plan.input_roi_table}'"
    ]
    if plan.is_kept:
        lines.append(f"  kept      '{plan.registered_roi_table}', made from these very shifts")
    else:
        lines.append(f"  writes    '{plan.registered_roi_table}' into images {names}")
    if plan.shares:
        least = min(plan.shares, key=lambda region: plan.shares[region])
        lines.append(f"  share     at least {plan.shares[least]:.0%} (region '{least}')")
    else:
        lines.append("  share     known once the shifts are")
    return "\n".join(lines)
