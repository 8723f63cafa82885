"""Readable names of runs, built from plate, well and image."""

from __future__ import annotations

from collections.abc import Sequence
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


def plate_of_run() -> str:
    """Return the name of the plate that the current run works on; empty where it has none."""
    depths = {"zarr_url": 3, "well_url": 2, "plate_url": 0}
    for parameter, depth in depths.items():
        if parameter in flow_run.parameters:
            parts = _parts(str(flow_run.parameters[parameter]))
            return parts[-depth - 1] if len(parts) > depth else ""
    return ""


def new_plates_run_name() -> str:
    """Return the folders that the current run looks for new plates in."""
    return f"new plates in {', '.join(map(str, flow_run.parameters['folders']))}"


def share_run_name() -> str:
    """Return the plate, the wells and the stage that the current run works on."""
    plate = _parts(str(flow_run.parameters["plate_url"]))[-1]
    return share_name(plate, flow_run.parameters["wells"], str(flow_run.parameters["stage"]))


def share_name(plate: str, wells: Sequence[str], stage: str) -> str:
    """Return the name of a run that does a stage of some wells of a plate."""
    which = wells[0] if len(wells) == 1 else f"{wells[0]} to {wells[-1]}"
    return f"{plate} {which}: {stage}"


def _name(url: str, *, parts_in_plate: int) -> str:
    parts = _parts(url)
    plate = parts[-parts_in_plate - 1 : len(parts) - parts_in_plate]
    inside = parts[len(parts) - parts_in_plate :]
    return " ".join(["".join(plate), "/".join(inside)]).strip() or url


def _parts(url: str) -> list[str]:
    path = unquote(url) if url.startswith("file://") else url
    return [part for part in PurePosixPath(path).parts if part != "/"]
