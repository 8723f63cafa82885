"""Find the part of every region that all acquisitions of a well show, and write where it lies."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import JsonValue

from tasks.estimate.columns import DECISION, TRANSLATIONS
from tasks.estimate.common_region import SPACE, Consensus, common_region
from tasks.estimate.keep_inside import keep_inside, of_field, read_grid
from tasks.estimate.lone_planes import without_lone_planes
from tasks.estimate.put_table import put_table, style_of
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import IF_MISSING, SAME_NAMES, Region
from tasks.survey.listed_tables import ListedTable, list_tables, read_table
from tasks.survey.planes import planes_of
from tasks.survey.regions import read_regions
from tasks.survey.table_type import COLUMNS

_SAME_START = 1e-3
"""Micrometers."""


def find_consensus(
    reference: Path,
    others: Sequence[Path],
    input_roi_table: str,
    *,
    min_overlap: float = 0.5,
    allow_missing: bool = False,
) -> tuple[Consensus, ...]:
    """Return the consensus of every region, in the reference's order.

    In the reference's coordinates an image's region covers start + translation to end +
    translation; the consensus is what all of them cover, and lies in each image that image's own
    translation before. Where all regions of one name start alike and are of one size, that is
    fractal-tasks-core's `compute_registration_consensus`: start + largest translation, size less
    largest minus smallest. Where rounding it to pixels would leave a field, it loses that pixel.

    Args:
        reference: Root folder of the reference; its translations are 0.
        others: Root folders of the other images, whose tables hold translations.
        input_roi_table: The table.
        min_overlap: Share of a region's area or volume that must be left.
        allow_missing: Whether an image may lack regions: they are what the others share.

    Raises:
        InvalidInputError: An image lacks a region, translations are missing, or too little of a
            region is left; each is named.
    """
    images = (reference, *others)
    regions = {image: regions_by_name(image, input_roi_table) for image in images}
    check_names(regions, reference, allow_missing=allow_missing)
    wanted = regions[reference]
    moved = {image: read_translations(image, input_roi_table, wanted) for image in others}
    moved[reference] = dict.fromkeys(regions[reference], (0.0, 0.0, 0.0))
    check_starts(regions, reference, input_roi_table)
    grids = {image.name: read_grid(image) for image in images}
    regions, grids = without_lone_planes(regions, grids)
    found = tuple(
        keep_inside(
            common_region(
                name,
                {
                    image: (regions[image][name], moved[image][name])
                    for image in images
                    if name in regions[image]
                },
            ),
            reference.name,
            {
                image.name: of_field(grids[image.name], regions[image][name])
                for image in images
                if name in regions[image]
            },
        )
        for name in regions[reference]
    )
    small = [one for one in found if one.share < min_overlap or min(one.length.values()) <= 0]
    if small:
        raise InvalidInputError(
            f"{reference.parent}: the acquisitions share too little of "
            + "; ".join(f"region '{one.region}': {max(0.0, one.share):.0%}" for one in small)
            + f" (at least {min_overlap:.0%} is asked for). No registered table was written. Look "
            f"at the translations in '{input_roi_table}', leave out the acquisition that is "
            "far off, or lower min_overlap"
        )
    return found


def write_consensus(
    images: Sequence[Path],
    found: Sequence[Consensus],
    input_roi_table: str,
    registered_roi_table: str,
    record: Mapping[str, JsonValue],
) -> tuple[str, ...]:
    """Write the registered table of every image: its input table's rows, with the new boxes.

    Regions that the reference lacks have no place in its frame, and no row; estimating told them.

    Args:
        images: Root folders; the caller owns their well.
        found: The consensus of every region.
        input_roi_table: The table whose columns, backend and attributes are kept.
        registered_roi_table: Name of the table to write.
        record: What it was made from, kept with the table.

    Returns:
        What a person should know: what could not be kept or removed, one message each.

    Raises:
        InvalidInputError: Both tables have one name, which would destroy the translations.
        OSError: If a table cannot be written; the tables written so far stay.
    """
    if registered_roi_table == input_roi_table:
        raise InvalidInputError(
            f"registered_roi_table and input_roi_table are both '{input_roi_table}': the estimated "
            "translations would be overwritten. Give the registered table another name"
        )
    messages: tuple[str, ...] = ()
    by_name = {one.region: one for one in found}
    for image in images:
        table = read_table(image, input_roi_table)
        frame: Any = table.content.dataframe.copy()
        names = [str(index).strip() for index in frame.index]
        frame = frame[[name in by_name for name in names]]
        rows = [by_name[name] for name in names if name in by_name]
        for axis in SPACE:
            if COLUMNS[axis][0] not in frame:
                continue
            start, length = COLUMNS[axis]
            frame[start] = [row.start[image.name][axis] for row in rows]
            frame[length] = [row.length[axis] for row in rows]
        messages += put_table(
            image, registered_roi_table, frame, style_of(image, table), record=dict(record)
        )
    return messages


def regions_by_name(image: Path, table: str) -> dict[str, Region]:
    """Return the regions of a table by their names.

    Raises:
        InvalidInputError: The table is not there or cannot be read.
    """
    if table not in list_tables(image):
        raise InvalidInputError(
            f"{image} has no table '{table}'; its tables are: "
            f"{', '.join(list_tables(image)) or 'none'}. Name the table whose shifts were estimated"
        )
    return {region.name: region for region in read_regions(image, table)}


def check_names(
    regions: Mapping[Path, Mapping[str, Region]], reference: Path, *, allow_missing: bool = False
) -> None:
    """Check that all images have the regions of the reference, or at least some of them.

    Args:
        regions: Of each image by their names, the reference's among them.
        reference: The reference.
        allow_missing: Whether an image may lack some, though not all.

    Raises:
        InvalidInputError: They do not; what each lacks and has is named.
    """
    ours = set(regions[reference])
    lacking = [
        f"{image.name} lacks {sorted(ours - set(own))} and has {sorted(own)}"
        for image, own in regions.items()
        if not ours <= set(own) and not (allow_missing and ours & set(own))
    ]
    if lacking:
        all_share_some = all(ours & set(own) for own in regions.values())
        raise InvalidInputError(
            f"{reference.parent}: the acquisitions do not have the regions of the reference "
            f"{reference.name}: {'; '.join(lacking)}. "
            + (IF_MISSING if all_share_some else SAME_NAMES)
        )


def read_translations(
    image: Path, name: str, wanted: Collection[str]
) -> dict[str, tuple[float, float, float]]:
    """Return the translation of each wanted region of a table, micrometers along z, y, x.

    Raises:
        InvalidInputError: A translation is missing.
    """
    table = read_table(image, name)
    frame = table.content.dataframe
    missing = [column for column in TRANSLATIONS if column not in frame]
    if missing:
        raise InvalidInputError(
            f"{image}: its table '{name}' lacks the columns {missing}. Estimate the shifts of this "
            "image first"
        )
    values = np.asarray(frame[list(TRANSLATIONS)], dtype=np.float64)
    found = {
        str(index).strip(): (float(z), float(y), float(x))
        for index, (z, y, x) in zip(frame.index, values, strict=True)
        if str(index).strip() in wanted
    }
    unknown = [region for region, row in found.items() if not all(math.isfinite(n) for n in row)]
    if unknown:
        raise InvalidInputError(
            f"{image}: its table '{name}' has no translation for the regions {unknown}. Estimate "
            "the shifts of this image again"
        )
    return found


def check_starts(regions: Mapping[Path, Mapping[str, Region]], reference: Path, table: str) -> None:
    """Refuse other tools' translations between regions that start elsewhere.

    fractal-tasks-core measures them from the region's own corner, we in the image's coordinates;
    the two are the same only where the corners are.

    Raises:
        InvalidInputError: It is not known what they are measured from.
    """
    for image, own in regions.items():
        if image == reference or _is_ours(read_table(image, table)):
            continue
        # Where an only plane lies along z is no place that anything is measured from.
        axes = SPACE if min(planes_of(image), planes_of(reference)) > 1 else ("y", "x")
        apart = [
            name
            for name, region in own.items()
            if name in regions[reference]
            and any(
                abs(start - regions[reference][name].start.get(axis, start)) > _SAME_START
                for axis, start in region.start.items()
                if axis in axes
            )
        ]
        if apart:
            raise InvalidInputError(
                f"{image}: the regions {apart} start elsewhere than in {reference.name}, and the "
                f"translations in '{table}' were written by another tool: it is not known what "
                "they are measured from. Estimate the shifts again with this one"
            )


def _is_ours(table: ListedTable) -> bool:
    return DECISION in table.content.dataframe
