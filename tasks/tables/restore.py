"""Give a registered table the regions again that its image's record has kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region, digest_regions
from tasks.storage.attributes import OUR_RECORD, read_attributes, write_attributes
from tasks.storage.copying import copy_tree
from tasks.storage.swap_table import publish_table, recover_table, table_folders
from tasks.survey.boxes import read_boxes
from tasks.survey.listed_tables import read_table
from tasks.survey.table_record import CONSENSUS
from tasks.survey.table_type import COLUMNS
from tasks.tables.replace_rows import replace_rows


def restore_regions(image: Path, name: str, regions: tuple[Region, ...]) -> tuple[str, ...]:
    """Set the boxes of a table's rows; other columns stay, rows that name no region are left out.

    The table then says that it was restored: tables of the consensus that it contradicted do not go
    with it (`tasks.survey.table_record.require_one_consensus`).

    Args:
        image: Root folder of the image; the caller owns its well.
        name: Name of the table.
        regions: Each in micrometers (seconds for t).

    Returns:
        What could not be kept or removed of the old table, one message each.

    Raises:
        InvalidInputError: If a region has no row, or no place for one of its numbers.
        OSError: If the table cannot be written; the old one is there, or the next run repairs it.
    """
    table = read_table(image, name)
    boxes = read_boxes(table, image)
    by_name = {region.name: region for region in regions}
    missing = sorted(by_name.keys() - set(boxes.names))
    if missing or any(region.start.keys() - set(boxes.axes) for region in regions):
        raise InvalidInputError(
            f"the table '{name}' of {image} has no rows or columns for the regions "
            f"{missing or sorted(by_name)} of the image's record; write it by hand"
        )
    kept = np.array([row in by_name for row in boxes.names])
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for number, axis in enumerate(boxes.axes):
        start, length = boxes.start[:, number].copy(), boxes.length[:, number].copy()
        for row, row_name in enumerate(boxes.names):
            region = by_name.get(row_name)
            if region is not None and axis in region.start:
                start[row], length[row] = region.start[axis], region.length[axis]
        columns |= dict(zip(COLUMNS[axis], (start, length), strict=True))
    recover_table(image, name)
    folders = table_folders(image, name)
    copy_tree(folders.target, folders.new)
    replace_rows(folders.new, table.backend, columns, kept)
    record: JsonValue = {CONSENSUS: f"restored {digest_regions(regions)}"}
    attributes = {**read_attributes(folders.new), OUR_RECORD: record}
    write_attributes(folders.new, attributes, temporary=folders.new / ".attributes.new")
    return publish_table(image, name)
