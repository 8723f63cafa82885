"""Write estimated shifts into an image's ROI table, where fractal-tasks-core keeps them."""

from __future__ import annotations

from typing import Any

from tasks.estimate import options
from tasks.estimate.image import ImageEstimate
from tasks.estimate.put_table import put_table, style_of
from tasks.estimate.put_whole_image import put_whole_images
from tasks.survey.listed_tables import read_table
from tasks.survey.table_record import ESTIMATED

TRANSLATIONS = ("translation_z", "translation_y", "translation_x")
"""Micrometers that lead from the image to its reference (fractal-tasks-core's
`add_translation_to_roi`)."""

SCORE = "registration_score"
RIVAL = "registration_rival"
METHOD = "registration_method"
DECISION = "registration_decision"
REASON = "registration_reason"


def write_columns(estimate: ImageEstimate, fingerprint: str) -> tuple[str, ...]:
    """Add the columns to the table that the shifts were estimated for, or replace them.

    Images without ROI tables, the reference among them, get a table of the whole image first.
    Rows, order, other columns, type, backend and attributes stay. A region that only this image
    has, for which nothing was estimated, has no numbers there.

    Args:
        estimate: What to write; the caller owns the well.
        fingerprint: What it was made from, kept with the table.

    Returns:
        What a person should know: what could not be kept or removed, one message each.

    Raises:
        OSError: If the table cannot be written; it is then as it was.
    """
    name = estimate.options.input_roi_table
    messages = put_whole_images((estimate.reference, estimate.image), name)
    table = read_table(estimate.image, name)
    frame: Any = table.content.dataframe.copy()
    by_name = {region.name: region for region in estimate.regions}
    rows = [by_name.get(str(index).strip()) for index in frame.index]
    missing = float("nan")
    for number, column in enumerate(TRANSLATIONS):
        frame[column] = [row.translation[number] if row else missing for row in rows]
    frame[SCORE] = [row.score if row else missing for row in rows]
    frame[RIVAL] = [row.rival if row else missing for row in rows]
    frame[METHOD] = [options.METHOD] * len(rows)
    frame[DECISION] = [row.decision if row else "not estimated" for row in rows]
    # An empty text becomes a missing value in some backends.
    frame[REASON] = [(row.reason if row else "") or "none" for row in rows]
    return messages + put_table(
        estimate.image,
        name,
        frame,
        style_of(estimate.image, table),
        record={ESTIMATED: fingerprint, "reference": estimate.reference.name},
    )
