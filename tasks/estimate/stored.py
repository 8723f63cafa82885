"""Keep what an image's regions propose in the image, so that later runs and other wells know it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import JsonValue, ValidationError

from tasks.movement.evidence import ImageEvidence
from tasks.movement.layout import pitch_of
from tasks.plan.errors import RegistrationError
from tasks.storage.attributes import (
    ngff_metadata,
    read_attributes,
    write_attributes,
    zarr_format,
)
from tasks.storage.consolidated import consolidate, has_consolidated
from tasks.storage.hidden import LOCK_FOLDER
from tasks.storage.provenance import is_output
from tasks.storage.well_entries import read_images, read_wells

KEY = "plate_registration_proposals"
"""Root attribute of an image; like any attribute it stays with the image that is registered."""


def write_evidence(image: Path, evidence: ImageEvidence, fingerprint: str) -> None:
    """Keep what an image proposes; all its other metadata stays.

    Args:
        image: Root folder of the image; the caller owns its well.
        evidence: What it proposes.
        fingerprint: What it was made from.

    Raises:
        OSError: If it cannot be written; the attributes are then untouched.
    """
    record: JsonValue = {"made_from": fingerprint, "evidence": evidence.model_dump(mode="json")}
    attributes = {**read_attributes(image), KEY: record}
    hidden = image.parent / LOCK_FOLDER
    hidden.mkdir(exist_ok=True)
    write_attributes(image, attributes, temporary=hidden / f"{image.name}.attributes.new")
    if has_consolidated(image):
        consolidate(image)


def read_evidence(image: Path, fingerprint: str | None = None) -> ImageEvidence | None:
    """Return what an image proposed, or None if it did not, or not from this very input.

    Args:
        image: Root folder of the image.
        fingerprint: What it must have been made from; None: whatever it was.

    Raises:
        InvalidInputError: If the image's metadata cannot be understood.
    """
    if zarr_format(image) is None:
        return None
    record = read_attributes(image).get(KEY)
    if not isinstance(record, dict):
        return None
    if fingerprint is not None and record.get("made_from") != fingerprint:
        return None
    try:
        return ImageEvidence.model_validate(record.get("evidence"))
    except ValidationError:
        # Of a release that kept something else: it is made again.
        return None


def read_well_evidence(well: Path, reference_acquisition: int) -> tuple[ImageEvidence, ...]:
    """Return what is known of the images of a well, by whatever run.

    What cannot be read is passed over: it is told of when it is its turn.

    Args:
        well: Root folder of the well.
        reference_acquisition: Acquisition that the shifts lead to.
    """
    found = []
    # A copy of a plate, or of an image, may have another name.
    name = f"{well.parent.name}/{well.name}"
    with suppress(RegistrationError, OSError):
        for entry in read_images(well):
            image = well / entry.name
            evidence = None if is_output(image) else read_evidence(image)
            if evidence is None or evidence.acquisition != entry.acquisition:
                continue
            if evidence.reference_acquisition == reference_acquisition:
                found.append(evidence.model_copy(update={"well": name, "image": entry.name}))
    return tuple(found)


def read_plate_evidence(plate: Path, reference_acquisition: int) -> tuple[ImageEvidence, ...]:
    """Return what is known of all wells of a plate, by whatever run; empty if it is no plate.

    Args:
        plate: Root folder of the plate.
        reference_acquisition: Acquisition that the shifts lead to.
    """
    try:
        wells = read_wells(plate)
    except (RegistrationError, OSError):
        return ()
    return tuple(
        evidence
        for well in wells
        for evidence in read_well_evidence(plate / well, reference_acquisition)
    )


def read_pitch(plate: Path) -> float | None:
    """Return the distance from well to well, millimeters, by the rows and columns of a plate."""
    try:
        wells = read_wells(plate)
        described = ngff_metadata(read_attributes(plate))["plate"]
    except (RegistrationError, OSError):
        return None
    listed = described if isinstance(described, dict) else {}
    rows, columns = _names(listed.get("rows")), _names(listed.get("columns"))
    for well in wells:
        row, _, column = well.partition("/")
        rows.append(row)
        columns.append(column)
    return pitch_of(rows, columns) if wells else None


def _names(listed: JsonValue) -> list[str]:
    entries = listed if isinstance(listed, list) else []
    return [str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry]
