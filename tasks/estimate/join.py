"""Find where the frame of registered images lies in an image that came later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from tasks.estimate.common_region import Consensus
from tasks.estimate.consensus import (
    check_names,
    check_starts,
    read_translations,
    regions_by_name,
)
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region, outside
from tasks.survey.listed_tables import list_tables
from tasks.survey.moved_in_place import read_frame, regions_of_frame
from tasks.survey.planes import planes_of
from tasks.survey.regions import read_regions
from tasks.survey.table_record import CONSENSUS, read_record

_SPACE = ("z", "y", "x")

_SAME_START = 1e-6
"""Micrometers: less is the noise of decimal text."""


def find_in_frame(
    image: Path,
    reference: Path,
    settled: Sequence[Path],
    *,
    input_roi_table: str,
    registered_roi_table: str,
    min_overlap: float,
    allow_missing: bool = False,
) -> tuple[Consensus, ...]:
    """Return where each region of the frame lies in a later image, in the reference's order.

    The frame is what the reference's registered table holds: others were brought there and cut to
    it, so it does not shrink to what the later image shows. In the image a region of it lies the
    image's own translation before; the share of it that the image's own field covers is returned.

    Args:
        image: The later image, whose table holds translations to the reference.
        reference: The reference.
        settled: Images that were registered in place.
        input_roi_table: Table with the translations.
        registered_roi_table: Table with the frame.
        min_overlap: Share of a region of the frame that the image must cover.
        allow_missing: Whether the image may lack regions of the frame.

    Raises:
        InvalidInputError: There is no one frame, names differ, translations are missing, or the
            image covers too little of a region; each is named.
    """
    frame = _one_frame(reference, settled, registered_roi_table)
    own = regions_by_name(image, input_roi_table)
    by_name = {region.name: region for region in frame}
    check_names({reference: by_name, image: own}, reference, allow_missing=allow_missing)
    theirs = regions_by_name(reference, input_roi_table)
    check_starts({reference: theirs, image: own}, reference, input_roi_table)
    moved = read_translations(image, input_roi_table, by_name)
    found = tuple(
        _placed(image, region, own[region.name], moved[region.name])
        for region in frame
        if region.name in own
    )
    small = [one for one in found if one.share < min_overlap or one.share <= 0]
    if small:
        raise InvalidInputError(
            f"{image} covers too little of the frame that images {_names(settled)} were registered "
            "to: "
            + "; ".join(f"region '{one.region}': {one.share:.0%}" for one in small)
            + f" (at least {min_overlap:.0%} is asked for). No registered table was written. Look "
            f"at the translations in its table '{input_roi_table}', leave the image out, or lower "
            "min_overlap: what it does not cover stays 0"
        )
    return found


def is_in_frame(
    image: Path, reference: Path, found: Sequence[Consensus], registered_roi_table: str
) -> bool:
    """Return whether an image's registered table is there and says what was found.

    Args:
        image: The later image.
        reference: The reference, whose table's run of the consensus the image's must name.
        found: Where each region of the frame lies in the image.
        registered_roi_table: Name of the table.
    """
    ours, theirs = (read_record(path, registered_roi_table) for path in (image, reference))
    if registered_roi_table not in list_tables(image) or (
        (ours or {}).get(CONSENSUS) != (theirs or {}).get(CONSENSUS)
    ):
        return False
    written = regions_by_name(image, registered_roi_table)
    return written.keys() == {one.region for one in found} and all(
        math.isclose(place, written[one.region].start.get(axis, math.nan), abs_tol=_SAME_START)
        for one in found
        for axis, place in one.start[image.name].items()
    )


def _one_frame(reference: Path, settled: Sequence[Path], table: str) -> tuple[Region, ...]:
    if table not in list_tables(reference):
        raise InvalidInputError(
            f"{reference.parent}: images {_names(settled)} are registered already, but the "
            f"reference {reference.name} has no table '{table}' that says to what. "
            "Name the input_roi_table that they were registered with"
        )
    regions = read_regions(reference, table)
    for path in settled:
        frame = read_frame(path)
        theirs = None if frame is None else regions_of_frame(path, frame)
        if over := outside(regions, theirs or regions):
            raise InvalidInputError(
                f"{reference}: its table '{table}' is not what {path.name} was registered to: it "
                f"reaches out of that by {'; '.join(over.values())}. Give it those regions again "
                "(`plate-registration doctor --repair` does, from the image's record)"
            )
    return regions


def _placed(
    image: Path, region: Region, field: Region, translation: tuple[float, float, float]
) -> Consensus:
    # An axis that the frame does not name is whole, in the image's own words.
    start, length = dict(field.start), dict(field.length)
    share = 1.0
    is_alone = planes_of(image) == 1
    for axis, by in zip(_SPACE, translation, strict=True):
        if axis not in region.start:
            continue
        start[axis], length[axis] = region.start[axis] - by, region.length[axis]
        if axis in field.start and not (axis == "z" and is_alone):
            first = max(start[axis], field.start[axis])
            last = min(start[axis] + length[axis], field.start[axis] + field.length[axis])
            share *= max(0.0, last - first) / length[axis]
    return Consensus(region=region.name, start={image.name: start}, length=length, share=share)


def _names(images: Sequence[Path]) -> str:
    return ", ".join(image.name for image in images)
