"""What estimating an image would do, for a person to look at; no pixel is read."""

from __future__ import annotations

from pathlib import Path

from tasks.estimate.fingerprint import fingerprint_estimate
from tasks.estimate.memory import bytes_to_read, peak_memory_bytes
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import open_paired
from tasks.plan.window import Frozen
from tasks.plan.wording import counted, size_text
from tasks.survey.table_record import ESTIMATED, was_made_from


class EstimatePlan(Frozen):
    """What would be estimated of one image, from what."""

    image: Path
    reference: Path
    options: EstimateOptions
    channels: tuple[int | None, int | None]
    """Number of the channel in the image and in the reference; None where there is one only."""
    regions: tuple[str, ...]
    """In the table's order."""
    bytes_to_read: int
    memory_bytes: int
    is_kept: bool
    """Whether shifts made from this very input are there."""
    warnings: tuple[str, ...]


def plan_estimate(image: Path, options: EstimateOptions, *, workers: int) -> EstimatePlan:
    """Return what estimating an image would do.

    Args:
        image: Root folder of the image.
        options: What to estimate from, and what to do in doubt.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
    """
    paired = open_paired(image, options)
    reference = paired.reference.image
    made_from = fingerprint_estimate(image, reference, options)
    return EstimatePlan(
        image=image,
        reference=reference,
        options=options,
        channels=(paired.moving.channel, paired.reference.channel),
        regions=tuple(region.name for region, _ in paired.regions),
        bytes_to_read=bytes_to_read(paired),
        memory_bytes=peak_memory_bytes(paired, workers),
        is_kept=was_made_from(image, options.input_roi_table, ESTIMATED, made_from),
        warnings=paired.warnings,
    )


def describe_estimate(plan: EstimatePlan, *, redo: bool) -> str:
    """Return the plan as text, a line for each thing to know.

    Args:
        plan: What would be estimated.
        redo: Whether shifts that are there are estimated again.
    """
    options, image = plan.options, plan.image
    lines = [
        f"{image.parents[2].name} {image.parents[1].name}/{image.parent.name}/{image.name} "
        f"to {plan.reference.name}: shifts of {counted(len(plan.regions), 'region')} "
        f"of '{options.input_roi_table}'"
    ]
    if plan.is_kept and not redo:
        lines.append("  kept      estimated from this very input by an earlier run")
    else:
        doubt = {
            "neighbours": "gets what its image, well or plate say, or the image is refused",
            "fail": "refuses the image",
            "zero": "is left where it is",
        }[options.on_low_confidence]
        lines += [
            f"  from      '{options.wavelength_id}'{_numbers(plan.channels)} "
            f"at level {options.level_path}",
            f"  doubt     a region whose shift cannot be trusted {doubt}",
            f"  reads     {size_text(plan.bytes_to_read)} of pixels",
            f"  memory    at most {size_text(plan.memory_bytes)}",
            f"  writes    translations, scores and decisions into {image / 'tables'}",
        ]
    return "\n".join([*lines, *(f"  warning   {warning}" for warning in plan.warnings)])


def _numbers(channels: tuple[int | None, int | None]) -> str:
    moving, reference = channels
    if moving is None and reference is None:
        return ""
    return f" (channel {moving or 0}, in the reference channel {reference or 0})"
