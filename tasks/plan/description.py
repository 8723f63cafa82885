"""A plan as text: what will be written and replaced, what moves by how much, what it needs."""

from __future__ import annotations

import math

from tasks.plan.registration_plan import Pyramid, RegistrationPlan, TablePlan
from tasks.plan.rounding import SPACE
from tasks.plan.window import Shift
from tasks.plan.wording import counted, size_text


def describe_plan(plan: RegistrationPlan, *, memory_bytes: int, disk_bytes: int) -> str:
    """Return the whole plan, a line for each thing that will be there afterwards.

    Args:
        plan: What will be done.
        memory_bytes: Largest memory that writing the pixels may take.
        disk_bytes: Free disk needed while the new image lies beside the old one.
    """
    return "\n".join(
        [
            f"{plan.title} (acquisition {plan.acquisition}) to {plan.well}/"
            f"{plan.reference_path.name} (acquisition {plan.reference_acquisition}), "
            f"regions of '{plan.registered_roi_table}'",
            f"  writes    {plan.output_path}",
            f"  replaces  {_replaced(plan)}",
            f"  image     {_grid(plan.image)}",
            f"  keeps     {plan.kept}",
            *_interpolation(plan.image),
            *(f"  label     '{label.name}': {_label(label)}" for label in plan.labels),
            *(f"  table     '{table.name}': {_table(table)}" for table in plan.tables),
            *(
                f"  region    '{shift.region}': {shift_text(shift, plan.image)}"
                for shift in plan.image.shifts
            ),
            f"  memory    at most {size_text(memory_bytes)}",
            f"  disk      {size_text(disk_bytes)} free while it is written",
            *(f"  warning   {warning}" for warning in plan.warnings),
            *(f"  left out  {reason}" for reason in plan.left_behind),
        ]
    )


def shift_text(shift: Shift, pyramid: Pyramid) -> str:
    """Return a region's move in pixels per axis, and its length: `y +29, x -7 px (9.7 µm)`.

    Fractions of a pixel are told where the region moves by them: `y +29, x -7.31 px (9.73 µm)`.
    """
    moves = [
        f"{axis} {pixels:+.2f}" if pixels % 1 else f"{axis} {pixels:+.0f}"
        for axis, pixels in zip(pyramid.axes, shift.move, strict=True)
        if pixels
    ]
    return f"{', '.join(moves)} px ({_distance(shift, pyramid):.3g} µm)" if moves else "stays"


def smallest_and_largest(pyramid: Pyramid) -> tuple[str, str]:
    """Return the shortest and the longest move of all regions, by distance in micrometers."""
    if not pyramid.shifts:
        return "", ""
    ordered = sorted(pyramid.shifts, key=lambda shift: _distance(shift, pyramid))
    return shift_text(ordered[0], pyramid), shift_text(ordered[-1], pyramid)


def _distance(shift: Shift, pyramid: Pyramid) -> float:
    return math.hypot(
        *(
            pixels * size
            for axis, pixels, size in zip(pyramid.axes, shift.move, pyramid.pixel_size, strict=True)
            if axis in SPACE
        )
    )


def _replaced(plan: RegistrationPlan) -> str:
    if plan.overwrites_input:
        return "the image itself, once the new one is complete and verified"
    if plan.output_path.exists():
        return f"the earlier result {plan.output_name}"
    return "nothing"


def _grid(pyramid: Pyramid) -> str:
    finest = pyramid.levels[0]
    size = ", ".join(f"{axis} {n}" for axis, n in zip(pyramid.axes, finest.shape, strict=True))
    return f"{size}, {finest.dtype}, {counted(len(pyramid.levels), 'level')}"


def _interpolation(pyramid: Pyramid) -> list[str]:
    if pyramid.interpolation == "none":
        return []
    return [f"  fractions of a pixel by {pyramid.interpolation} interpolation; labels move whole"]


def _label(label: Pyramid) -> str:
    handling = "moves" if label.shifts else "carried over where it is"
    return f"{handling}; {_grid(label)}"


def _table(table: TablePlan) -> str:
    source = "the reference" if table.origin == "reference" else "this image"
    handling = {
        "copy": "copied",
        "shift": "moves with the pixels",
        "clip": "cut to the image",
    }[table.handling]
    return f"{table.type}, {counted(table.rows, 'row')}, from {source}, {handling}"
