"""The regions of an image, read from an ROI table and checked row by row."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import zarr
from ngio.utils import NgioTableValidationError

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.storage.attributes import read_attributes
from tasks.survey.boxes import read_boxes
from tasks.survey.listed_tables import ListedTable, list_tables, read_table
from tasks.survey.table_type import COLUMNS, lacking_of_regions


def read_regions(image: Path, table: str) -> tuple[Region, ...]:
    """Return the regions of an image's registered ROI table, in the table's order.

    The rows are read from the table's data frame: ngio's list of ROIs silently keeps only the
    last of several rows with one name.

    Args:
        image: Root folder of the image.
        table: Name of the table.

    Raises:
        InvalidInputError: When the table is missing, is of another type, has no rows, lacks a
            column, or holds a missing or repeated name, a value that is no finite number, or a
            length that is not positive.
    """
    listed = list_tables(image)
    if table not in listed:
        raise InvalidInputError(
            f"{image} has no table '{table}'; its tables are: {', '.join(listed) or 'none'}. "
            "A registered ROI table is made by two earlier steps: estimate the shifts "
            '("Calculate Registration (image-based)"), then find their consensus '
            '("Find Registration Consensus"). Run them for this image, or name a table it has.'
        )
    read = read_table(image, table)
    what = f"The table '{table}' of {image}"
    if read.type != "roi_table":
        raise InvalidInputError(_no_regions(read, image))
    boxes = read_boxes(read, image)
    if not boxes.names:
        raise InvalidInputError(
            f"{what} has no rows: nothing would be left of the image. Make it anew."
        )
    if not _stores_names(read, image):
        raise InvalidInputError(
            f"{what} lacks the column '{read.content.index_key}' with the regions' names, so they "
            "cannot be paired with the reference's. Make it anew."
        )
    _check_names(boxes.names, what)
    regions = []
    for row, name in enumerate(boxes.names):
        covered = [n for n in range(len(boxes.axes)) if not math.isnan(boxes.start[row, n])]
        start = {boxes.axes[n]: float(boxes.start[row, n]) for n in covered}
        length = {boxes.axes[n]: float(boxes.length[row, n]) for n in covered}
        flat = [COLUMNS[axis][1] for axis, value in length.items() if value == 0]
        if flat:
            raise InvalidInputError(
                f"{what}: region '{name}' has {' and '.join(flat)} = 0, so it holds no pixels. "
                "Correct its length or remove the row."
            )
        regions.append(Region(name=name, start=start, length=length))
    return tuple(regions)


def _no_regions(table: ListedTable, image: Path) -> str:
    """Return why a table holds no regions, and what to do."""
    what = f"The table '{table.name}' of {image}"
    if read_attributes(image / "tables" / table.name).get("type"):
        said = f"{what} is a {table.type}; regions are registered from a roi_table."
    else:
        lacking = lacking_of_regions(image / "tables" / table.name, table.backend)
        said = (
            f"{what} does not say its type, and has not the columns of a roi_table: it lacks "
            f"{', '.join(lacking)}. Make it anew with these, in micrometers."
            if lacking
            else f"{what} does not say its type, and its columns are those of objects of a label, "
            f'not of regions. If they are regions, give its attributes "type": "roi_table".'
        )
    others = [name for name in list_tables(image) if name != table.name]
    return f"{said} Or name another table: {', '.join(others)}." if others else said


def _stores_names(table: ListedTable, image: Path) -> bool:
    """Return whether the rows have names of their own; where not, ngio numbers them."""
    key = table.content.index_key
    if table.backend == "json":
        stored = zarr.open_group(image / "tables" / table.name / "table", mode="r")
        return key in stored.attrs
    if table.backend in ("csv", "parquet"):
        try:
            table.content.load_as_polars_lf()
        except NgioTableValidationError:
            return False
    return True


def _check_names(names: tuple[str, ...], what: str) -> None:
    unnamed = [row for row, name in enumerate(names) if name.lower() in ("", "nan", "none")]
    if unnamed:
        raise InvalidInputError(
            f"{what}: the rows {unnamed} (counted from 0) have no name, so they cannot be paired "
            "with the reference's. Name them."
        )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InvalidInputError(
            f"{what} names the regions {repeated} more than once, so it is not known which of them "
            "is meant. Give every region its own name."
        )
