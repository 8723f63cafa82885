"""Where a plate's report lies, and how its files are called."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

PAGE = "report.html"
NUMBERS = "qc"
"""Of the files with all numbers: `qc.csv` and `qc.parquet`."""

PICTURES = "pictures"
DETAILS = "details"
"""Folder of what the page loads when a well is looked at."""


def report_folder(plate: Path, report_path: str | None = None) -> Path:
    """Return the folder of a plate's report: the one that was named, else one beside the plate."""
    if report_path is not None:
        return Path(report_path).absolute() / plate.name.removesuffix(".zarr")
    return plate.with_name(f"{plate.name.removesuffix('.zarr')}.registration")


def picture_stem(well: str, image: str, region: str) -> str:
    """Return the path, below the report's folder and without ending, of a region's pictures.

    Args:
        well: Row and column, such as `B/03`.
        image: Name of the image.
        region: Name of the region; anything that people write.
    """
    return f"{PICTURES}/{well_name(well)}/{file_name(image)}/{file_name(region)}"


def well_name(well: str) -> str:
    """Return how a well such as `B/03` is called in the report's folder: `B-03`."""
    return "-".join(map(file_name, well.split("/")))


def file_name(text: str) -> str:
    """Return a name of letters, digits and dashes; unlike texts have unlike names."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", text)
    if plain == text:
        return plain
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{plain[:60]}-{mark}"
