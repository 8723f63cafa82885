"""What kind of table one is that does not say it: known by its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.storage.column_names import column_names

ROI_LIKE = ("roi_table", "masking_roi_table", "generic_roi_table")
"""Table types whose rows are boxes in the image (fractal-tasks-core's table specification)."""

COLUMNS = {
    "t": ("t_second", "len_t_second"),
    "z": ("z_micrometer", "len_z_micrometer"),
    "y": ("y_micrometer", "len_y_micrometer"),
    "x": ("x_micrometer", "len_x_micrometer"),
}
"""Start and length of a row's box per axis (fractal-tasks-core's table specification)."""

_NAMES, _LABEL = "FieldIndex", "label"
"""Columns with the names of regions, and with the numbers of a label's objects."""

_OF_ANY_REGION = "ngff:region_table"
"""What old releases of Fractal called all tables of a label, ROIs and measurements alike."""


def type_of(attributes: Mapping[str, Any], folder: Path, backend: str) -> str:
    """Return a table's own type; where it says none, that of a table with its columns.

    Rows with a place and a size along y and x are regions (`roi_table`), or objects of a label
    (`masking_roi_table`) where the table names a label or counts its objects.

    Args:
        attributes: The table's.
        folder: Its own folder.
        backend: ngio's name of its backend.

    Raises:
        FileNotFoundError: When the file with the rows is not there (yet).
        KeyError: When an array that should say the columns is not there.
        ValueError: When a file cannot be read.
    """
    said = attributes.get("type")
    if said and said != _OF_ANY_REGION:
        return str(said)
    columns = column_names(folder, backend)
    if not {*COLUMNS["y"], *COLUMNS["x"]} <= set(columns):
        return str(said or "generic_table")
    is_of_label = (
        "region" in attributes
        or "instance_key" in attributes
        or (_LABEL in columns and _NAMES not in columns)
    )
    return "masking_roi_table" if is_of_label else "roi_table"


def lacking_of_regions(folder: Path, backend: str) -> tuple[str, ...]:
    """Return which columns a table lacks to be one of regions.

    Args:
        folder: The table's own folder.
        backend: ngio's name of its backend.

    Raises:
        FileNotFoundError: When the file with the rows is not there (yet).
        KeyError: When an array that should say the columns is not there.
        ValueError: When a file cannot be read.
    """
    columns = column_names(folder, backend)
    return tuple(name for axis in "yx" for name in COLUMNS[axis] if name not in columns)


def name_column(columns: Sequence[str]) -> str | None:
    """Return which column of a table of boxes holds the rows' names: the first that is no number.

    Args:
        columns: Names of all columns, in order.
    """
    for name in (_NAMES, _LABEL):
        if name in columns:
            return name
    numbers = {column for pair in COLUMNS.values() for column in pair}
    return next((name for name in columns if name not in numbers), None)
