"""Write ROI, masking and feature tables into the images of test plates, through ngio."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from ngio import Roi, open_ome_zarr_container
from ngio.tables import FeatureTable, MaskingRoiTable, RoiTable, Table
from zarr.errors import ZarrUserWarning

from tests.templates import make_once

Backend = Literal["anndata", "csv", "json", "parquet"]
Box = Mapping[str, tuple[float, float]]
"""Start and length per axis, in micrometers (seconds for t)."""


def write_regions(
    image: Path,
    table: str,
    regions: Mapping[str, Box],
    *,
    backend: Backend = "csv",
    columns: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write an ROI table, replacing one of that name.

    Args:
        image: The image that gets the table.
        table: Its name.
        regions: Box per region name, in order. Of y, x and z, an axis left out is the whole axis.
        backend: ngio's table backend.
        columns: Further columns, one value per region.
    """

    def write() -> None:
        extents = _extents(image)
        rois = [
            Roi.from_values(
                {**extents, **box},
                name=name,
                **{column: values[row] for column, values in (columns or {}).items()},
            )
            for row, (name, box) in enumerate(regions.items())
        ]
        _add_table(image, table, RoiTable(rois=rois), backend)

    write_once(image, ("regions", table, regions, backend, columns), write)


def add_masking_table(
    image: Path,
    table: str,
    label: str,
    boxes: Mapping[int, Box],
    *,
    backend: Backend = "csv",
) -> None:
    """Write a masking ROI table: box per object number of a label; left-out axes are whole."""

    def write() -> None:
        extents = _extents(image)
        rois = [
            Roi.from_values({**extents, **box}, name=str(number), label=number)
            for number, box in boxes.items()
        ]
        _add_table(image, table, MaskingRoiTable(rois=rois, reference_label=label), backend)

    write_once(image, ("masks", table, label, boxes, backend), write)


def add_feature_table(
    image: Path,
    table: str,
    label: str,
    *,
    numbers: Sequence[int] = (1, 2, 3),
    backend: Backend = "csv",
) -> None:
    """Write a feature table: three measurements per object number of a label."""

    def write() -> None:
        rows = pd.DataFrame(
            {
                "area": np.arange(len(numbers)) * 1.5 + 10,
                "mean_intensity": np.arange(len(numbers)) * 100.25,
                "cells": np.arange(len(numbers)),
            },
            index=pd.Index(list(numbers), name="label"),
        )
        _add_table(image, table, FeatureTable(rows, reference_label=label), backend)

    write_once(image, ("features", table, label, numbers, backend), write)


def write_once(image: Path, arguments: Any, write: Callable[[], object]) -> None:
    """Let a function write into an image's tables, or copy what it has written to the same.

    The same is an image of the same description with the same tables, given the same arguments,
    among which must be what tells the function from others.
    """
    tables = image / "tables"
    described = [
        file.read_bytes()
        for name in (".zattrs", "zarr.json", "*/.zarray", "*/zarr.json")
        for file in sorted(image.glob(name))
    ]
    there = {
        file.relative_to(tables).as_posix(): file.read_bytes()
        for file in sorted(tables.rglob("*"))
        if file.is_file()
    }
    make_once(tables, (described, there, arguments), write)


def _extents(image: Path) -> dict[str, tuple[float, float]]:
    finest = open_ome_zarr_container(image, mode="r").get_image()
    sizes = finest.pixel_size
    spacing = {"z": sizes.z, "y": sizes.y, "x": sizes.x}
    pixels = dict(zip(finest.axes, finest.shape, strict=True))
    return {axis: (0.0, pixels.get(axis, 1) * step) for axis, step in spacing.items()}


def _add_table(image: Path, name: str, table: Table, backend: Backend) -> None:
    with warnings.catch_warnings():
        # Said of each zarr format in turn; the table must have the format of its image.
        warnings.filterwarnings("ignore", "Consolidated metadata is", ZarrUserWarning)
        warnings.filterwarnings("ignore", "Writing zarr v2 data", UserWarning)
        open_ome_zarr_container(image).add_table(name, table, backend=backend, overwrite=True)
