"""Say in a few letters what an estimate or a consensus was made from, to know it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from tasks.estimate.columns import TRANSLATIONS
from tasks.estimate.options import METHOD, EstimateOptions
from tasks.plan.described import values_of
from tasks.plan.errors import ChangedMeanwhileError
from tasks.plan.region import digest_regions
from tasks.storage.attributes import ngff_metadata, read_attributes
from tasks.storage.fingerprint import fingerprint_pyramid
from tasks.survey.listed_tables import read_table
from tasks.survey.regions import read_regions
from tasks.survey.whole_image import regions_of


def fingerprint_estimate(image: Path, reference: Path, options: EstimateOptions) -> str:
    """Return what an image's shifts depend on: parameters, regions, pixels, names of channels.

    Pixels are known as `tasks.storage.fingerprint` says; reading them all would take as long as
    estimating again.

    Raises:
        FileNotFoundError: A level is not there.
        InvalidInputError: The table is not there or cannot be read.
    """
    inputs: dict[str, JsonValue] = {
        "options": {**_that_count(options), "method": METHOD},
        "reference": reference.name,
    }
    regions = regions_of((image, reference), options.input_roi_table)
    for role, path, own in zip(("image", "reference"), (image, reference), regions, strict=True):
        inputs[role] = {
            "regions": digest_regions(own),
            "pixels": fingerprint_pyramid(path),
            "channels": _channels(path),
        }
    return _digest(inputs)


def require_unchanged(
    image: Path, reference: Path, options: EstimateOptions, fingerprint: str
) -> None:
    """Check that an estimate may be written: that what it was made from is still what is there.

    Args:
        image: The image; the caller owns its well.
        reference: Its reference.
        options: What was estimated from.
        fingerprint: As it was before the pixels were read.

    Raises:
        ChangedMeanwhileError: Pixels or regions of one of them have changed meanwhile.
    """
    if fingerprint_estimate(image, reference, options) != fingerprint:
        raise ChangedMeanwhileError(
            f"{image} or its reference {reference.name} has changed while its shifts were "
            "estimated: another run or program is at work on them. Nothing was written; run again "
            "when it has ended"
        )


def fingerprint_proposals(image: Path, reference: Path, options: EstimateOptions) -> str:
    """Return what an image's proposals depend on: all but what is done in doubt.

    Raises:
        FileNotFoundError: The level is not there.
        InvalidInputError: The table is not there or cannot be read.
    """
    whatever = replace(options, on_low_confidence="neighbours", well_pitch_mm=None)
    return fingerprint_estimate(image, reference, whatever)


def fingerprint_consensus(
    reference: Path, others: Sequence[Path], input_roi_table: str, min_overlap: float
) -> str:
    """Return what a consensus depends on: the regions and translations of all images.

    Raises:
        InvalidInputError: The table is not there or cannot be read.
    """
    inputs: dict[str, JsonValue] = {"table": input_roi_table, "min_overlap": min_overlap}
    for path in (reference, *others):
        inputs[path.name] = _regions_and_shifts(path, input_roi_table)
    return _digest(inputs)


def _that_count(options: EstimateOptions) -> dict[str, JsonValue]:
    """Return the options without what changes no shift: which regions there are is known anyway."""
    known: dict[str, JsonValue] = values_of(options)
    return {name: value for name, value in known.items() if name != "allow_missing_regions"}


def _regions_and_shifts(path: Path, table: str) -> JsonValue:
    frame = read_table(path, table).content.dataframe
    shifts = {
        str(name).strip(): [repr(float(value)) for value in row]
        for name, row in zip(
            frame.index, frame.reindex(columns=list(TRANSLATIONS)).to_numpy(), strict=True
        )
    }
    return {
        "regions": digest_regions(read_regions(path, table)),
        "shifts": json.dumps(shifts, sort_keys=True),
    }


def _channels(image: Path) -> JsonValue:
    omero = ngff_metadata(read_attributes(image)).get("omero")
    channels = omero.get("channels") if isinstance(omero, dict) else None
    return [
        [channel.get("wavelength_id"), channel.get("label")]
        for channel in (channels if isinstance(channels, list) else [])
        if isinstance(channel, dict)
    ]


def _digest(inputs: dict[str, JsonValue]) -> str:
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
