"""Readable names of runs, built from plate, well and image."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote

from prefect.runtime import flow_run


def image_run_name() -> str:
    """Return `<plate> <row>/<column>/<image>` for the image that the current run registers."""
    return _name(str(flow_run.parameters["zarr_url"]), parts_in_plate=3)


def well_run_name() -> str:
    """Return `<plate> <row>/<column>` for the well that the current run registers."""
    return _name(str(flow_run.parameters["well_url"]), parts_in_plate=2)


def plate_run_name() -> str:
    """Return the name of the plate that the current run registers."""
    return _name(str(flow_run.parameters["plate_url"]), parts_in_plate=0)


def _name(url: str, *, parts_in_plate: int) -> str:
    path = unquote(url) if url.startswith("file://") else url
    parts = [part for part in PurePosixPath(path).parts if part != "/"]
    plate = parts[-parts_in_plate - 1 : len(parts) - parts_in_plate]
    inside = parts[len(parts) - parts_in_plate :]
    return " ".join(["".join(plate), "/".join(inside)]).strip() or url
