"""What finding a well's consensus would do, for a person to look at."""

from __future__ import annotations

from tasks.estimate.consensus import find_consensus
from tasks.estimate.fingerprint import fingerprint_consensus
from tasks.estimate.images import Group
from tasks.estimate.put_table import was_made_from
from tasks.plan.window import Frozen


class ConsensusPlan(Frozen):
    """What would be written for one reference and its images, and from what."""

    group: Group
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
) -> ConsensusPlan:
    """Return what finding the consensus would do.

    Args:
        group: The reference and the images registered to it.
        input_roi_table: Table with the estimated translations.
        registered_roi_table: Table to write into every image.
        min_overlap: Share of a region that must be left.
        shifts_are_there: Whether the translations are those that the run would use.

    Raises:
        InvalidInputError: Regions differ, or too little is left of one.
    """
    images = (group.reference, *group.others)
    is_kept = False
    shares: dict[str, float] = {}
    if shifts_are_there:
        made_from = fingerprint_consensus(
            group.reference, group.others, input_roi_table, min_overlap
        )
        is_kept = all(
            was_made_from(image, registered_roi_table, "consensus", made_from) for image in images
        )
        found = find_consensus(
            group.reference, group.others, input_roi_table, min_overlap=min_overlap
        )
        shares = {one.region: one.share for one in found}
    return ConsensusPlan(
        group=group,
        input_roi_table=input_roi_table,
        registered_roi_table=registered_roi_table,
        is_kept=is_kept,
        shares=shares,
    )


def describe_consensus(plan: ConsensusPlan) -> str:
    """Return the plan as text, a line for each thing to know."""
    reference = plan.group.reference
    names = ", ".join(path.name for path in (*plan.group.others, reference))
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
