"""What part of a region the consensus has cut away: its registered box beside its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.survey.listed_tables import list_tables
from tasks.survey.regions import read_regions
from tasks.survey.table_record import FIELDS, read_record

REGISTERED = "_registered"
"""What the name of a registered table ends with, after the name of the table it was made from."""


def cut_away(image: Path, registered_roi_table: str, frame: Sequence[Region]) -> dict[str, float]:
    """Return, per region's name, the part of its own box that its registered box lacks.

    Its own box is in the table that the registered one was made from. Where that is not there, or
    lacks the region, nothing is known of it.

    Args:
        image: Root folder of the image, or of its reference.
        registered_roi_table: Name of the registered table.
        frame: The registered regions.
    """
    try:
        table = _own_table(image, registered_roi_table)
        own = {} if table is None else {each.name: each for each in read_regions(image, table)}
    except InvalidInputError:
        # Another kind of table has the name: nothing is known.
        return {}
    return {each.name: _lacks(each, own[each.name]) for each in frame if each.name in own}


def _own_table(image: Path, registered: str) -> str | None:
    listed = list_tables(image)
    recorded = (read_record(image, registered) or {}).get(FIELDS)
    named = registered.removesuffix(REGISTERED) if registered.endswith(REGISTERED) else None
    return next((n for n in (recorded, named) if isinstance(n, str) and n in listed), None)


def _lacks(registered: Region, own: Region) -> float:
    # An axis that a box does not name is whole in it; of what is not named here, none is lost.
    shares = [
        min(registered.length.get(axis, length) / length, 1.0)
        for axis, length in own.length.items()
        if axis in "zyx"
    ]
    return 1.0 - math.prod(shares)
