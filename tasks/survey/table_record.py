"""What a table says that it was made from: which run of which stage wrote it."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.storage.attributes import OUR_RECORD, read_attributes, zarr_format
from tasks.storage.paths import safe_name
from tasks.survey.listed_tables import list_tables
from tasks.survey.regions import read_regions

ESTIMATED = "estimated"
"""Key of what an estimate was made from."""

CONSENSUS = "consensus"
"""Key of what a consensus was made from; the tables of all its images have the same, and those of
images that came later into their frame."""

FIELDS = "fields"
"""Key of the table of the image's own fields: a registered region shows nothing beyond them."""


def read_record(image: Path, name: str) -> dict[str, JsonValue] | None:
    """Return what a table says it was made from; None if it is not there or does not say."""
    folder = image / "tables" / safe_name(name, "table")
    if name not in list_tables(image) or zarr_format(folder) is None:
        return None
    record = read_attributes(folder).get(OUR_RECORD)
    return record if isinstance(record, dict) else None


def was_made_from(image: Path, name: str, stage: str, fingerprint: str) -> bool:
    """Return whether a table is there whose record says that a stage made it from this input."""
    return (read_record(image, name) or {}).get(stage) == fingerprint


def require_one_consensus(image: Path, reference: Path, name: str) -> None:
    """Check that the registered tables of an image and its reference were written together.

    Regions of two different runs lie as far apart as the two shared parts do. Tables that were not
    written by us say nothing about that.

    Raises:
        InvalidInputError: They were not.
    """
    records = [read_record(path, name) or {} for path in (image, reference)]
    ours, theirs = (record.get(CONSENSUS) for record in records)
    if ours is not None and theirs is not None and ours != theirs:
        raise InvalidInputError(
            f"{image}: its table '{name}' and that of the reference {reference.name} come from two "
            "runs of the consensus, one of which was interrupted or ran beside the other. Find the "
            "consensus again: `plate-registration register` does, and goes on from there"
        )


def read_fields(image: Path, name: str) -> dict[str, Region]:
    """Return the fields beyond which the regions of a registered table show nothing.

    That is known of images which came later, into the frame of others: a region of that frame may
    reach out of their own field, where another field's pixels are. Empty where it is not known.

    Raises:
        InvalidInputError: If the table of the fields cannot be read.
    """
    fields = (read_record(image, name) or {}).get(FIELDS)
    if not isinstance(fields, str) or fields not in list_tables(image):
        return {}
    return {region.name: region for region in read_regions(image, fields)}
