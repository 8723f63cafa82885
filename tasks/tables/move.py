"""Move the rows of one staged table with the pixels, and say what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from tasks.plan.registration_plan import Pyramid
from tasks.survey.boxes import read_boxes
from tasks.survey.listed_tables import ListedTable
from tasks.survey.table_type import COLUMNS
from tasks.tables.replace_rows import replace_rows
from tasks.tables.shift import shift_boxes

_NAMES_A_MESSAGE = 500


def move_table(
    table: ListedTable, image: Path, grid: Pyramid, *, inside: Literal["regions", "the image"]
) -> tuple[str, ...]:
    """Replace the boxes of a table by the moved ones; rows that lie in no region are left out.

    Where no box changes the table stays the files that it is.

    Args:
        table: The table as it lies in the staged image, whose stored rows are changed.
        image: Root folder of the staged image.
        grid: The image or label with whose pixels the rows move.
        inside: What its shifts are, for the messages.

    Returns:
        Messages: rows left out by name, and how many were cut or lie in several regions.
    """
    boxes = read_boxes(table, image)
    moved = shift_boxes(boxes, grid)
    columns = {}
    for n, axis in enumerate(boxes.axes):
        # A column in which nothing changes keeps its type.
        for column, before, after in zip(
            COLUMNS[axis],
            (boxes.start[:, n], boxes.length[:, n]),
            (moved.start[:, n], moved.length[:, n]),
            strict=True,
        ):
            if not np.array_equal(before[moved.kept], after[moved.kept], equal_nan=True):
                columns[column] = np.where(moved.kept, after, before)
    if columns or not moved.kept.all():
        replace_rows(image / "tables" / table.name, table.backend, columns, moved.kept)
    outside = "in no region" if inside == "regions" else "outside the image"
    cut = moved.cut & ~moved.torn
    return (
        *_name_rows(table, boxes.names, ~moved.kept, f"{outside}, left out"),
        *_name_rows(table, boxes.names, cut, f"partly {outside}, cut"),
        *_name_rows(
            table,
            boxes.names,
            moved.torn,
            "in regions that move differently; each box now encloses all its parts",
        ),
    )


def _name_rows(
    table: ListedTable, names: tuple[str, ...], rows: npt.NDArray[np.bool_], what: str
) -> Iterator[str]:
    """Name all rows: several messages where there are more than a log line should hold."""
    chosen = [name for name, said in zip(names, rows, strict=True) if said]
    for first in range(0, len(chosen), _NAMES_A_MESSAGE):
        some = chosen[first : first + _NAMES_A_MESSAGE]
        yield (
            f"table '{table.name}': {len(chosen)} of {len(names)} rows {what}"
            f"{f' (continued, from {first + 1})' if first else ''}: {', '.join(some)}"
        )
