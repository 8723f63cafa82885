"""The boxes that the rows of an ROI table describe, in micrometers, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ngio.utils import NgioError

from tasks.plan.errors import InvalidInputError
from tasks.survey.listed_tables import ListedTable
from tasks.survey.table_type import COLUMNS

_REQUIRED = ("y", "x")


@dataclass(frozen=True)
class Boxes:
    """One box per row of a table, in the table's order.

    `start` and `length` have shape (rows, axes): micrometers, seconds for t. NaN on t says that
    the row covers all time points (ngio leaves it empty where only other rows have a time).
    """

    names: tuple[str, ...]
    axes: tuple[str, ...]
    start: npt.NDArray[np.float64]
    length: npt.NDArray[np.float64]


def read_boxes(table: ListedTable, image: Path) -> Boxes:
    """Return the boxes of an ROI-like table; an axis without columns is left out of `axes`.

    Args:
        table: The table, already read.
        image: The image it belongs to, for messages.

    Raises:
        InvalidInputError: For a missing column, a value that is no finite number, a negative
            length, or an index that ngio does not accept (missing names among numbers).
    """
    what = f"The table '{table.name}' of {image}"
    try:
        frame = table.content.dataframe
    except (NgioError, ValueError, KeyError, TypeError) as cause:
        raise InvalidInputError(f"{what} cannot be read as rows: {cause}. Make it anew.") from cause
    twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if twice:
        raise InvalidInputError(f"{what} has the columns {twice} more than once. Make it anew.")
    missing = [
        column
        for axis, columns in COLUMNS.items()
        for column in columns
        if column not in frame and (axis in _REQUIRED or any(other in frame for other in columns))
    ]
    if missing:
        raise InvalidInputError(
            f"{what} lacks the columns {missing}; it has {[str(name) for name in frame.columns]}. "
            "Make it anew."
        )
    axes = tuple(axis for axis, (start, _) in COLUMNS.items() if start in frame)
    unnamed = frame.index.isna()
    names = tuple(
        "" if absent else str(name).strip()
        for name, absent in zip(frame.index, unnamed, strict=True)
    )
    start = np.empty((len(frame), len(axes)))
    length = np.empty((len(frame), len(axes)))
    for n, axis in enumerate(axes):
        start_column, length_column = COLUMNS[axis]
        start[:, n] = _numbers(frame[start_column], what)
        length[:, n] = _numbers(frame[length_column], what)
        bad = ~(np.isfinite(start[:, n]) & np.isfinite(length[:, n]) & (length[:, n] >= 0))
        if axis == "t":
            bad &= ~(np.isnan(start[:, n]) & np.isnan(length[:, n]))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InvalidInputError(
                f"{what}: row {row} ('{names[row]}') has {start_column} = {start[row, n]} and "
                f"{length_column} = {length[row, n]}; both must be finite numbers and a length "
                "cannot be negative. Correct the row or make the table anew."
            )
    return Boxes(names=names, axes=axes, start=start, length=length)


def _numbers(column: Any, what: str) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(column.astype("float64"), dtype=np.float64)
    except (ValueError, TypeError) as cause:
        raise InvalidInputError(
            f"{what}: the column '{column.name}' holds something that is no number ({cause}). "
            "Correct it or make the table anew."
        ) from cause
