"""Store tables of every type and backend in test images, and make plans that move them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import zarr
from ngio import open_ome_zarr_container
from ngio.tables import (
    ConditionTable,
    FeatureTable,
    GenericRoiTable,
    GenericTable,
    MaskingRoiTable,
    RoiTable,
    Table,
)

from tasks.plan.kept import Kept
from tasks.plan.region import Region, digest_regions
from tasks.plan.registration_plan import Level, Pyramid, RegistrationPlan
from tasks.plan.window import Shift, Window
from tasks.survey.table_plans import plan_tables

Backend = Literal["anndata", "csv", "json", "parquet"]
BACKENDS: tuple[Backend, ...] = ("anndata", "csv", "json", "parquet")
ROI_TYPES = ("roi_table", "masking_roi_table", "generic_roi_table")
OTHER_TYPES = ("feature_table", "condition_table", "generic_table")

Box = Mapping[str, tuple[float, float]]
Move = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""Where a region is read, where it is written, and its shape, in pixels."""


def box_frame(
    boxes: Mapping[Any, Box], index: str = "FieldIndex", **columns: Sequence[Any]
) -> pd.DataFrame:
    """Rows as ngio stores them: start and length in micrometers, and further columns."""
    units = {"x": "micrometer", "y": "micrometer", "z": "micrometer", "t": "second"}
    rows = [{"x": (0.0, 1.0), "y": (0.0, 1.0), "z": (0.0, 1.0), **box} for box in boxes.values()]
    values: dict[str, Any] = {}
    for axis in "xyz":
        values[f"{axis}_{units[axis]}"] = [row[axis][0] for row in rows]
    for axis in "xyz":
        values[f"len_{axis}_{units[axis]}"] = [row[axis][1] for row in rows]
    if any("t" in row for row in rows):
        values["t_second"] = [row["t"][0] if "t" in row else None for row in rows]
        values["len_t_second"] = [row["t"][1] if "t" in row else None for row in rows]
    return (
        pd.DataFrame({key: pd.Series(value, dtype="float64") for key, value in values.items()})
        .assign(**columns)
        .set_index(pd.Index(list(boxes), name=index))
    )


def store_table(
    image: Path,
    name: str,
    kind: str,
    frame: pd.DataFrame,
    backend: Backend = "csv",
    *,
    label: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Path:
    """Write a table through ngio; `attributes` are added to its group. Returns its folder."""
    with warnings.catch_warnings():
        # Said of each zarr format in turn; the table must have the format of its image.
        warnings.filterwarnings("ignore", "Consolidated metadata is", UserWarning)
        warnings.filterwarnings("ignore", "Writing zarr v2 data", UserWarning)
        container = open_ome_zarr_container(image)
        container.add_table(name, _table(kind, frame, label), backend=backend, overwrite=True)
    folder = image / "tables" / name
    zarr.open_group(folder, mode="r+", use_consolidated=False).attrs.update(dict(attributes or {}))
    return folder


def read_frame(image: Path, name: str) -> pd.DataFrame:
    """Read a table's rows through ngio."""
    return open_ome_zarr_container(image, mode="r").get_table(name).dataframe


def attributes_of(folder: Path) -> dict[str, Any]:
    """Read a group's attributes."""
    return dict(zarr.open_group(folder, mode="r", use_consolidated=False).attrs)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pyramid(
    moves: Mapping[str, Move],
    *,
    axes: str = "czyx",
    shape: Sequence[int] = (2, 2, 64, 96),
    pixel_size: Mapping[str, float] | None = None,
    path: str = "",
) -> Pyramid:
    """A pyramid of one level on which regions move; moves name z, y and x of every axis they have.

    Axes that a move leaves out (from the front) are whole.
    """
    sizes = {"y": 0.5, "x": 0.5, **(pixel_size or {})}

    def window(start: Sequence[int], extent: Sequence[int]) -> Window:
        missing = len(shape) - len(start)
        return Window(
            start=(*(0,) * missing, *start),
            stop=(*shape[:missing], *(a + n for a, n in zip(start, extent, strict=True))),
        )

    return Pyramid(
        path=path,
        axes=tuple(axes),
        pixel_size=tuple(sizes.get(axis, 1.0) for axis in axes),
        levels=(
            Level(
                path=f"{path}/0" if path else "0",
                shape=tuple(shape),
                chunks=tuple(shape),
                dtype="uint32",
            ),
        ),
        resampling="nearest" if path else "linear",
        shifts=tuple(
            Shift(region=name, source=window(source, extent), target=window(target, extent))
            for name, (source, target, extent) in moves.items()
        ),
    )


def make_plan(
    image: Path,
    reference: Path,
    grid: Pyramid,
    *,
    labels: Sequence[Pyramid] = (),
    registered: str = "registered",
    reference_regions: tuple[Region, ...] = (),
    register_labels: bool = True,
) -> RegistrationPlan:
    """The plan of an image that is overwritten, with the tables that it really has."""
    tables, warned = plan_tables(image, reference, register_labels=register_labels)
    return RegistrationPlan(
        plate="plate",
        well="A/01",
        image_path=image,
        reference_path=reference,
        output_path=image,
        acquisition=0 if image == reference else 1,
        reference_acquisition=0,
        registered_roi_table=registered,
        register_labels=register_labels,
        zarr_format=3 if (image / "zarr.json").exists() else 2,
        image=grid,
        labels=tuple(labels),
        tables=tables,
        kept=Kept(area=1.0, content=None),
        regions_digest="",
        reference_digest=digest_regions(reference_regions),
        contents={},
        warnings=warned,
    )


def _table(kind: str, frame: pd.DataFrame, label: str | None) -> Table:
    if kind == "feature_table":
        return FeatureTable(frame, reference_label=label)
    if kind == "condition_table":
        return ConditionTable(frame)
    if kind == "generic_table":
        return GenericTable(frame)
    table: RoiTable | MaskingRoiTable | GenericRoiTable
    if kind == "masking_roi_table":
        table = MaskingRoiTable(reference_label=label)
    else:
        table = RoiTable() if kind == "roi_table" else GenericRoiTable()
    table.set_table_data(frame)
    return table
