"""Is our result the reference system's, pixel by pixel, where its input is one it handles rightly?

That is: whole-pixel regions inside the image, uint16, pyramids whose levels divide without rest.
Compared are all levels of image and labels, ROI and feature tables, and the well's metadata.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ngio import OmeZarrContainer, open_ome_zarr_container, open_ome_zarr_well

from tests.benchmarks.runners import Runner
from tests.plates import (
    Box,
    add_feature_table,
    make_plate,
    read_levels,
    write_regions,
)

TABLE = "registered"


@dataclass(frozen=True)
class Trial:
    """A plate on which both systems must agree."""

    name: str
    plate: Mapping[str, Any]
    reference: Mapping[str, Box]
    acquisition: Mapping[str, Box]
    registered: str = "1"


_WELL: tuple[Mapping[str, Box], Mapping[str, Box]] = (
    {"well": {"y": (2, 28), "x": (3, 40)}},
    {"well": {"y": (0, 28), "x": (8, 40)}},
)
_FIELDS: tuple[Mapping[str, Box], Mapping[str, Box]] = (
    {"a": {"y": (1, 14), "x": (1, 20)}, "b": {"y": (16, 14), "x": (24, 22)}},
    {"b": {"y": (18, 14), "x": (22, 22)}, "a": {"y": (0, 14), "x": (2.5, 20)}},
)
_OVERLAPPING: tuple[Mapping[str, Box], Mapping[str, Box]] = (
    {"b": {"y": (5, 20), "x": (5, 30)}, "a": {"y": (0, 20), "x": (0, 30)}},
    {"a": {"y": (3, 20), "x": (4, 30)}, "b": {"y": (4, 20), "x": (9, 30)}},
)
_CHUNKS = {"chunks": (1, 1, 32, 32)}

TRIALS = (
    Trial("well", _CHUNKS, *_WELL),
    Trial("fields", _CHUNKS, *_FIELDS),
    Trial("overlapping", _CHUNKS, *_OVERLAPPING),
    Trial("NGFF 0.5", {"ngff_version": "0.5", **_CHUNKS}, *_FIELDS),
    Trial(
        "NGFF 0.5, sharded",
        {
            "ngff_version": "0.5",
            "shape": (2, 2, 128, 128),
            "chunks": (1, 1, 32, 32),
            "shards": (1, 1, 64, 64),
        },
        *_FIELDS,
    ),
    Trial("yx", {"axes": "yx", "shape": (64, 96), "chunks": (32, 32)}, *_WELL),
    Trial("zyx", {"axes": "zyx", "shape": (3, 64, 96), "chunks": (1, 32, 32)}, *_FIELDS),
    Trial("cyx", {"axes": "cyx", "shape": (3, 64, 96), "chunks": (1, 32, 32)}, *_FIELDS),
    Trial("tyx", {"axes": "tyx", "shape": (3, 64, 96), "chunks": (1, 32, 32)}, *_WELL),
    Trial(
        "tczyx", {"axes": "tczyx", "shape": (2, 2, 2, 64, 96), "chunks": (1, 1, 1, 32, 32)}, *_WELL
    ),
    Trial("factor 4", {"scaling": {"y": 4, "x": 4}, **_CHUNKS}, *_WELL),
    Trial("reference itself", _CHUNKS, *_WELL, registered="0"),
)


def run_trials(reference_python: Path, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield every trial's name and what differs, which should be nothing."""
    with (
        Runner.reference(reference_python, "call") as theirs,
        Runner.ours("call", folder / "home") as own,
    ):
        for trial in TRIALS:
            for overwrite in (True, False):
                plates = {"theirs": folder / "theirs.zarr", "ours": folder / "ours.zarr"}
                _write_plate(trial, plates["theirs"])
                shutil.copytree(plates["theirs"], plates["ours"])
                for runner, plate in zip((theirs, own), plates.values(), strict=True):
                    job = {
                        "zarr_url": str(plate / "A" / "01" / trial.registered),
                        "registered_roi_table": TABLE,
                        "overwrite_input": overwrite,
                    }
                    runner.seconds([job])
                wells = [plate / "A" / "01" for plate in plates.values()]
                name = trial.registered if overwrite else f"{trial.registered}_registered"
                how = "overwritten" if overwrite else "beside"
                yield f"{trial.name}, {how}", _differences(wells[0], wells[1], name)
                for plate in plates.values():
                    shutil.rmtree(plate)


def _write_plate(trial: Trial, path: Path) -> None:
    well = make_plate(path, **trial.plate) / "A" / "01"
    write_regions(well / "0", TABLE, trial.reference, backend="anndata")
    write_regions(well / "1", TABLE, trial.acquisition, backend="anndata")
    write_regions(well / "0", "FOV_ROI_table", trial.reference, backend="csv")
    add_feature_table(well / trial.registered, "features", "nuclei", backend="parquet")


def _differences(theirs: Path, ours: Path, name: str) -> list[str]:
    found = []
    wells = [open_ome_zarr_well(well, mode="r") for well in (theirs, ours)]
    if wells[0].paths() != wells[1].paths():
        found.append(f"well lists {wells[0].paths()} and {wells[1].paths()}")
    images = [open_ome_zarr_container(well / name, mode="r") for well in (theirs, ours)]
    if images[0].list_labels() != images[1].list_labels():
        found.append(f"labels {images[0].list_labels()} and {images[1].list_labels()}")
    for path in ("", *(f"labels/{label}" for label in images[0].list_labels())):
        levels = zip(
            read_levels(theirs / name / path), read_levels(ours / name / path), strict=True
        )
        for number, (one, other) in enumerate(levels):
            if one.dtype != other.dtype or not np.array_equal(one, other):
                found.append(f"{path or 'image'}, level {number}: pixels differ")
    return found + _table_differences(images[0], images[1])


def _table_differences(theirs: OmeZarrContainer, ours: OmeZarrContainer) -> list[str]:
    if set(theirs.list_tables()) != set(ours.list_tables()):
        return [f"tables {theirs.list_tables()} and {ours.list_tables()}"]
    found = []
    for name in theirs.list_tables():
        one, other = theirs.get_table(name), ours.get_table(name)
        if (one.table_type(), one.backend_name) != (other.table_type(), other.backend_name):
            found.append(f"table {name}: type or backend differs")
        try:
            pd.testing.assert_frame_equal(
                one.dataframe, other.dataframe, check_dtype=False, check_like=True
            )
        except AssertionError as difference:
            found.append(f"table {name}: {difference}")
    return found
