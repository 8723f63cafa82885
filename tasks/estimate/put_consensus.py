"""Write the registered tables of a group, of all its images or of those that came later."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import JsonValue

from tasks.estimate.common_region import Consensus
from tasks.estimate.consensus import find_consensus, write_consensus
from tasks.estimate.fingerprint import fingerprint_consensus
from tasks.estimate.images import Group, settled_images
from tasks.estimate.join import find_in_frame, is_in_frame
from tasks.survey.listed_tables import each_table_read_once
from tasks.survey.table_record import CONSENSUS, FIELDS, read_record, was_made_from


class Written(NamedTuple):
    """What was found and written."""

    regions: tuple[Consensus, ...]
    """Empty where what is there was kept."""
    messages: tuple[str, ...]
    """For the log."""
    warnings: tuple[str, ...] = ()
    """What could not be kept or removed of tables that were replaced."""


def put_consensus(
    group: Group,
    *,
    input_roi_table: str,
    registered_roi_table: str,
    min_overlap: float,
    redo: bool,
    allow_missing: bool = False,
) -> Written:
    """Write the registered table of every image, unless nothing has changed.

    Once images were registered in place, their tables and the reference's are not touched any more:
    every other image gets the place of their frame in it.

    Args:
        group: The reference and the images registered to it; the caller owns their well.
        input_roi_table: Table with the estimated translations.
        registered_roi_table: Table to write.
        min_overlap: Share of a region that must be left.
        redo: Whether to write the tables even if nothing has changed.
        allow_missing: Whether an image may lack regions of the reference.

    Raises:
        InvalidInputError: Translations are missing, regions differ, or too little is left.
        OSError: If a table cannot be written.
    """
    settled = settled_images(group)
    if not settled:
        # What was read to compare is what is agreed on, and each table takes long from a server.
        with each_table_read_once():
            return _agree(
                group,
                input_roi_table,
                registered_roi_table,
                min_overlap,
                redo=redo,
                allow_missing=allow_missing,
            )
    found: list[Consensus] = []
    messages: list[str] = []
    warnings: tuple[str, ...] = ()
    together = (read_record(group.reference, registered_roi_table) or {}).get(CONSENSUS)
    later = [image for image in group.others if image not in settled]
    for image in later:
        regions = find_in_frame(
            image,
            group.reference,
            settled,
            input_roi_table=input_roi_table,
            registered_roi_table=registered_roi_table,
            min_overlap=min_overlap,
            allow_missing=allow_missing,
        )
        if is_in_frame(image, group.reference, regions, registered_roi_table):
            messages.append(f"{image}: its place in the frame is that of these very shifts; kept")
            continue
        record: dict[str, JsonValue] = {FIELDS: input_roi_table}
        if together is not None:
            record[CONSENSUS] = together
        warnings += write_consensus([image], regions, input_roi_table, registered_roi_table, record)
        messages += [
            f"{image}: covers {one.share:.0%} of region '{one.region}' of the frame that "
            f"{', '.join(path.name for path in settled)} were registered to"
            for one in regions
        ]
        found += regions
    return Written(tuple(found), tuple(messages), warnings)


def _agree(
    group: Group,
    table: str,
    registered: str,
    min_overlap: float,
    *,
    redo: bool,
    allow_missing: bool,
) -> Written:
    images = (group.reference, *group.others)
    made_from = fingerprint_consensus(group.reference, group.others, table, min_overlap)
    if not redo and all(was_made_from(image, registered, CONSENSUS, made_from) for image in images):
        kept = f"{group.reference}: the consensus is that of these very shifts; kept"
        return Written((), (kept,))
    found = find_consensus(
        group.reference,
        group.others,
        table,
        min_overlap=min_overlap,
        allow_missing=allow_missing,
    )
    warnings = write_consensus(images, found, table, registered, {CONSENSUS: made_from})
    well = group.reference.parent
    return Written(
        found,
        tuple(
            f"{well}: all acquisitions share {one.share:.0%} of region '{one.region}'"
            for one in found
        ),
        warnings,
    )
