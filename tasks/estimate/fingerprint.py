"""Say in a few letters what an estimate or a consensus was made from, to know it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from tasks.estimate.columns import TRANSLATIONS
from tasks.estimate.options import METHOD, EstimateOptions
from tasks.plan.described import values_of
from tasks.plan.region import digest_regions
from tasks.storage.tree import read_tree
from tasks.survey.listed_tables import read_table
from tasks.survey.regions import read_regions


def fingerprint_estimate(image: Path, reference: Path, options: EstimateOptions) -> str:
    """Return what an image's shifts depend on: parameters, regions, and the files of the level.

    Files are known by name, size and time of change; reading their content would take as long as
    estimating again.

    Raises:
        FileNotFoundError: The level is not there.
        InvalidInputError: The table is not there or cannot be read.
    """
    inputs: dict[str, JsonValue] = {
        "options": {**values_of(options), "method": METHOD},
        "reference": reference.name,
    }
    for role, path in (("image", image), ("reference", reference)):
        level = path / options.level_path
        files: list[JsonValue] = []
        for entry in read_tree(level).files:
            status = (level / entry.path).stat()
            files.append([entry.path, status.st_size, status.st_mtime_ns])
        regions = digest_regions(read_regions(path, options.input_roi_table))
        inputs[role] = {"regions": regions, "files": files}
    return _digest(inputs)


def fingerprint_consensus(
    reference: Path, others: Sequence[Path], input_roi_table: str, min_overlap: float
) -> str:
    """Return what a consensus depends on: the regions and translations of all images.

    Raises:
        InvalidInputError: The table is not there or cannot be read.
    """
    inputs: dict[str, JsonValue] = {"table": input_roi_table, "min_overlap": min_overlap}
    for path in (reference, *others):
        frame = read_table(path, input_roi_table).content.dataframe
        shifts = {
            str(name).strip(): [repr(float(value)) for value in row]
            for name, row in zip(
                frame.index, frame.reindex(columns=list(TRANSLATIONS)).to_numpy(), strict=True
            )
        }
        inputs[path.name] = {
            "regions": digest_regions(read_regions(path, input_roi_table)),
            "shifts": json.dumps(shifts, sort_keys=True),
        }
    return _digest(inputs)


def _digest(inputs: dict[str, JsonValue]) -> str:
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
