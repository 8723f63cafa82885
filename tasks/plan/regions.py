"""Registered regions: read from an ROI table, paired by name with the reference's, digested."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from pathlib import Path

import zarr
from ngio.utils import NgioTableValidationError

from tasks.plan.boxes import COLUMNS, read_boxes
from tasks.plan.errors import InvalidInputError
from tasks.plan.listed_tables import ListedTable, list_tables, read_table
from tasks.plan.window import Frozen

_LENGTHS_AGREE = 1e-6
"""Micrometers: less is the noise of decimal text, not another size."""


class Region(Frozen):
    """A named box: a field of view, or the whole well."""

    name: str
    start: dict[str, float]
    """Per axis of z, y, x (micrometers) and t (seconds). An axis that is absent is whole."""
    length: dict[str, float]


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
        raise InvalidInputError(
            f"{what} is a {read.type}; regions are registered from a roi_table. "
            "Name the table that the registration consensus wrote."
        )
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


def pair_regions(
    reference: tuple[Region, ...],
    acquisition: tuple[Region, ...],
    *,
    reference_image: Path,
    image: Path,
) -> tuple[tuple[tuple[Region, Region], ...], tuple[str, ...]]:
    """Pair the reference's regions with those of an image by name, whatever their order.

    Args:
        reference: Regions of the reference.
        acquisition: Regions of the image to be registered.
        reference_image: For messages.
        image: For messages.

    Returns:
        (reference, acquisition) pairs in the reference's order, and warnings: regions that only
        the image has, and regions whose lengths differ (the reference's is used).

    Raises:
        InvalidInputError: When the image lacks a region of the reference.
    """
    own = {region.name: region for region in acquisition}
    missing = [region.name for region in reference if region.name not in own]
    if missing:
        raise InvalidInputError(
            f"{image} lacks the regions {missing} that the reference {reference_image} has; it has "
            f"{list(own)}. Find the registration consensus again, with both images."
        )
    pairs = tuple((region, own[region.name]) for region in reference)
    names = {region.name for region in reference}
    warnings = [
        f"region '{region.name}' is in {image} but not in the reference {reference_image}: "
        "its pixels are not carried over"
        for region in acquisition
        if region.name not in names
    ]
    warnings += [warning for pair in pairs if (warning := _length_warning(*pair))]
    return pairs, tuple(warnings)


def digest_regions(regions: tuple[Region, ...]) -> str:
    """Return the SHA-256 of regions in their order: names and coordinates, as canonical JSON."""
    # Adding 0.0 makes -0.0 and 0.0 one number, as they are one place.
    canonical = [
        {
            "name": region.name,
            "start": {axis: value + 0.0 for axis, value in region.start.items()},
            "length": {axis: value + 0.0 for axis, value in region.length.items()},
        }
        for region in regions
    ]
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


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


def _length_warning(reference: Region, own: Region) -> str | None:
    differing = [
        axis
        for axis in sorted(reference.length.keys() | own.length.keys())
        if not _same_length(reference.length.get(axis), own.length.get(axis))
    ]
    if not differing:
        return None
    ours = {axis: own.length.get(axis, "whole") for axis in differing}
    theirs = {axis: reference.length.get(axis, "whole") for axis in differing}
    return (
        f"region '{own.name}' has the lengths {ours} here but {theirs} in the reference "
        "(micrometers, seconds for t); the reference's are used"
    )


def _same_length(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=_LENGTHS_AGREE)
