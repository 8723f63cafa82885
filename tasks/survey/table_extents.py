"""Find the ROI tables of the reference whose rows reach out of the image that is to get them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Pyramid, TablePlan
from tasks.survey.boxes import read_boxes
from tasks.survey.listed_tables import look_at_table

_ROUNDING = 0.5
"""Pixels: a row may end between the pixels of its image."""


def clip_tables(
    tables: tuple[TablePlan, ...], reference: Path, grid: Pyramid, *, registered_roi_table: str
) -> tuple[TablePlan, ...]:
    """Return the tables of a plan, those marked to be clipped whose rows reach out of the image.

    The registered table stays as it is: its regions are the frame, which all images share.

    Args:
        tables: What is planned.
        reference: Root folder of the reference.
        grid: The image's own pixels.
        registered_roi_table: Name of the table of the frame.
    """
    return tuple(
        table.model_copy(update={"handling": "clip"})
        if table.origin == "reference"
        and table.name != registered_roi_table
        and _reaches_out(reference, table.name, grid)
        else table
        for table in tables
    )


def _reaches_out(reference: Path, name: str, grid: Pyramid) -> bool:
    try:
        boxes = read_boxes(look_at_table(reference, name), reference)
    except InvalidInputError:
        # It is not used here, and is carried over as it is.
        return False
    for axis, pixels, size in zip(grid.axes, grid.levels[0].shape, grid.pixel_size, strict=True):
        # A table without z is stored with a length of 1 micrometer, which says nothing of a plane.
        if axis not in boxes.axes or pixels == 1:
            continue
        column = boxes.axes.index(axis)
        start, end = boxes.start[:, column], boxes.start[:, column] + boxes.length[:, column]
        over = (start < -_ROUNDING * size) | (end > (pixels + _ROUNDING) * size)
        if bool(np.any(over)):
            return True
    return False
