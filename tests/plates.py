"""Make small OME-Zarr plates, written by ngio, for every test to work on.

Everything is deterministic: the same arguments give the same pixels. Lengths are micrometers.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import zarr
from ngio import (
    ImageInWellPath,
    Roi,
    create_empty_ome_zarr,
    create_empty_plate,
    open_ome_zarr_container,
)
from ngio.common._zoom import numpy_zoom
from ngio.tables import FeatureTable, MaskingRoiTable, RoiTable, Table
from numpy.typing import NDArray
from zarr.errors import ZarrUserWarning

Array = NDArray[Any]
NgffVersion = Literal["0.4", "0.5"]
Box = Mapping[str, tuple[float, float]]
"""Start and length per axis, in micrometers (seconds for t)."""

_TIME_SPACING = 1.0


def make_plate(
    path: Path,
    *,
    wells: Sequence[str] = ("A/01",),
    acquisitions: Sequence[int] = (0, 1),
    axes: str = "czyx",
    shape: Sequence[int] = (2, 2, 64, 96),
    chunks: Sequence[int] | None = None,
    shards: Sequence[int] | None = None,
    levels: int = 3,
    scaling: Mapping[str, float] | None = None,
    dtype: str = "uint16",
    ngff_version: NgffVersion = "0.4",
    pixel_size: float = 0.5,
    z_spacing: float = 1.0,
    separator: Literal["/", "."] = "/",
    compressors: Any = None,
    fill_value: float | None = None,
    labels: Sequence[str] = ("nuclei",),
    seed: int = 0,
) -> Path:
    """Write a plate with one image per well and acquisition, named after the acquisition.

    Args:
        path: Where the plate goes.
        wells: Row and column of each well.
        acquisitions: Acquisitions of every well.
        axes: Axes of the images, in order.
        shape: Pixels per axis at the finest level.
        chunks: Chunk shape of every level (cut to small levels); chosen by ngio when None.
        shards: Shard shape, with NGFF 0.5 only.
        levels: Number of pyramid levels.
        scaling: Factor per axis from one level to the next; 2 for y and x when None.
        dtype: NumPy type of the pixels.
        ngff_version: 0.4 is zarr format 2, 0.5 is zarr format 3.
        pixel_size: Micrometers per pixel along y and x.
        z_spacing: Micrometers per plane.
        separator: Between the numbers of a chunk's key.
        compressors: As zarr takes them; ngio's default when None.
        fill_value: What an absent chunk holds; 0 when None.
        labels: Labels of every image: uint32, on the image's grid without channels.
        seed: Another seed gives other pixels.

    Returns:
        The plate's path.
    """
    images = [
        ImageInWellPath(
            row=well.split("/")[0],
            column=well.split("/")[1],
            path=str(acquisition),
            acquisition_id=acquisition,
        )
        for well in wells
        for acquisition in acquisitions
    ]
    create_empty_plate(path, path.stem, images=images, ngff_version=ngff_version)
    for number, image in enumerate(images):
        make_image(
            path / image.row / str(image.column) / image.path,
            axes=axes,
            shape=shape,
            chunks=chunks,
            shards=shards,
            levels=levels,
            scaling=scaling,
            dtype=dtype,
            ngff_version=ngff_version,
            pixel_size=pixel_size,
            z_spacing=z_spacing,
            separator=separator,
            compressors=compressors,
            fill_value=fill_value,
            labels=labels,
            seed=1000 * seed + number,
        )
    return path


def make_image(
    path: Path,
    *,
    axes: str = "czyx",
    shape: Sequence[int] = (2, 2, 64, 96),
    chunks: Sequence[int] | None = None,
    shards: Sequence[int] | None = None,
    levels: int = 3,
    scaling: Mapping[str, float] | None = None,
    dtype: str = "uint16",
    ngff_version: NgffVersion = "0.4",
    pixel_size: float = 0.5,
    z_spacing: float = 1.0,
    separator: Literal["/", "."] = "/",
    compressors: Any = None,
    fill_value: float | None = None,
    labels: Sequence[str] = ("nuclei",),
    seed: int = 0,
) -> Path:
    """Write one image with its labels; arguments as in `make_plate`. It is listed in no well."""
    _create_pyramid(
        path,
        axes=axes,
        shape=shape,
        chunks=chunks,
        shards=shards,
        levels=levels,
        scaling=scaling,
        dtype=dtype,
        ngff_version=ngff_version,
        pixel_size=pixel_size,
        z_spacing=z_spacing,
        separator=separator,
        compressors=compressors,
        fill_value=fill_value,
        channels=[f"channel {n}" for n in range(shape[axes.index("c")])] if "c" in axes else None,
    )
    write_levels(path, smooth_pixels(shape, dtype, seed))
    without_channels = [n for n, axis in enumerate(axes) if axis != "c"]
    for number, label in enumerate(labels):
        add_label(
            path,
            label,
            label_pixels([shape[n] for n in without_channels], "uint32", 100 * seed + number),
            axes=axes.replace("c", ""),
            chunks=chunks and [chunks[n] for n in without_channels],
            shards=shards and [shards[n] for n in without_channels],
            levels=levels,
            scaling=scaling,
            pixel_size=pixel_size,
            z_spacing=z_spacing,
            separator=separator,
            compressors=compressors,
        )
    return path


def add_label(
    image: Path,
    name: str,
    pixels: Array,
    *,
    axes: str,
    chunks: Sequence[int] | None = None,
    shards: Sequence[int] | None = None,
    levels: int = 3,
    scaling: Mapping[str, float] | None = None,
    pixel_size: float = 0.5,
    z_spacing: float = 1.0,
    separator: Literal["/", "."] = "/",
    compressors: Any = None,
    fill_value: float | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    """Add a label with its own grid, dtype and chunks; `extra` goes beside `image-label`'s source.

    The dtype is that of `pixels`; the other arguments are as in `make_plate`.
    """
    label = image / "labels" / name
    ngff_version = _ngff_version(image)
    zarr_format: Literal[2, 3] = 2 if ngff_version == "0.4" else 3
    labels = zarr.open_group(image / "labels", mode="a", zarr_format=zarr_format)
    _create_pyramid(
        label,
        axes=axes,
        shape=pixels.shape,
        chunks=chunks,
        shards=shards,
        levels=levels,
        scaling=scaling,
        dtype=str(pixels.dtype),
        ngff_version=ngff_version,
        pixel_size=pixel_size,
        z_spacing=z_spacing,
        separator=separator,
        compressors=compressors,
        fill_value=fill_value,
        channels=None,
    )
    write_levels(label, pixels, order="nearest")
    described = {"source": {"image": "../../"}, **(extra or {})}
    _update_metadata(zarr.open_group(label, mode="r+"), "image-label", described, ngff_version)
    listed = [*_metadata(labels, ngff_version).get("labels", []), name]
    _update_metadata(labels, "labels", listed, ngff_version)
    return label


def add_image_to_well(well: Path, name: str, acquisition: int | None = None) -> None:
    """List an image in its well; the image itself is made by `make_image(well / name)`."""
    group = zarr.open_group(well, mode="r+")
    version: NgffVersion = "0.4" if group.metadata.zarr_format == 2 else "0.5"
    described = dict(_metadata(group, version)["well"])
    entry = {"path": name} if acquisition is None else {"path": name, "acquisition": acquisition}
    described["images"] = [*described["images"], entry]
    _update_metadata(group, "well", described, version)


def add_extras(image: Path) -> None:
    """Add what ngio does not know: root attributes, omero and multiscale extras, groups, a file."""
    group = zarr.open_group(image, mode="r+")
    version = _ngff_version(image)
    metadata = _metadata(group, version)
    multiscales = [
        {**m, "type": "gaussian", "metadata": {"by": "us"}} for m in metadata["multiscales"]
    ]
    _update_metadata(group, "multiscales", multiscales, version)
    if "omero" in metadata:
        omero = {**metadata["omero"], "id": 7, "rdefs": {"model": "color", "defaultZ": 1}}
        _update_metadata(group, "omero", omero, version)
    group.attrs["custom"] = {"operator": "Zoë", "bleached": [1, 2.5, None]}
    derived = group.create_group("derived", attributes={"method": "background"})
    derived.create_array("profile", data=np.arange(12, dtype="float32").reshape(3, 4))
    folder = image / "OME"
    folder.mkdir()
    (folder / "METADATA.ome.xml").write_text("<OME/>", encoding="utf-8")


def write_levels(
    multiscale: Path, pixels: Array, *, order: Literal["linear", "nearest"] = "linear"
) -> None:
    """Write the finest level of an image or label, and all coarser levels from it."""
    arrays = [zarr.open_array(multiscale / path, mode="r+") for path in level_paths(multiscale)]
    arrays[0][...] = pixels
    for array in arrays[1:]:
        pixels = numpy_zoom(pixels, target_shape=array.shape, order=order)
        array[...] = pixels


def read_levels(multiscale: Path) -> list[Array]:
    """Return all levels of an image or label, finest first."""
    arrays = [zarr.open_array(multiscale / path, mode="r") for path in level_paths(multiscale)]
    return [np.asarray(array[...]) for array in arrays]


def level_paths(multiscale: Path) -> list[str]:
    """Return the paths of the levels of an image or label, as its metadata lists them."""
    group = zarr.open_group(multiscale, mode="r", use_consolidated=False)
    described = _metadata(group, _ngff_version(multiscale))["multiscales"][0]
    return [dataset["path"] for dataset in described["datasets"]]


def write_regions(
    image: Path,
    table: str,
    regions: Mapping[str, Box],
    *,
    backend: Literal["anndata", "csv", "json", "parquet"] = "csv",
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


def add_masking_table(
    image: Path,
    table: str,
    label: str,
    boxes: Mapping[int, Box],
    *,
    backend: Literal["anndata", "csv", "json", "parquet"] = "csv",
) -> None:
    """Write a masking ROI table: box per object number of a label; left-out axes are whole."""
    extents = _extents(image)
    rois = [
        Roi.from_values({**extents, **box}, name=str(number), label=number)
        for number, box in boxes.items()
    ]
    _add_table(image, table, MaskingRoiTable(rois=rois, reference_label=label), backend)


def add_feature_table(
    image: Path,
    table: str,
    label: str,
    *,
    numbers: Sequence[int] = (1, 2, 3),
    backend: Literal["anndata", "csv", "json", "parquet"] = "csv",
) -> None:
    """Write a feature table: three measurements per object number of a label."""
    rows = pd.DataFrame(
        {
            "area": np.arange(len(numbers)) * 1.5 + 10,
            "mean_intensity": np.arange(len(numbers)) * 100.25,
            "cells": np.arange(len(numbers)),
        },
        index=pd.Index(list(numbers), name="label"),
    )
    _add_table(image, table, FeatureTable(rows, reference_label=label), backend)


def smooth_pixels(shape: Sequence[int], dtype: str, seed: int) -> Array:
    """Return pixels as a microscope gives them: waves and noise over most of the dtype's range.

    Signed integers and floats take negative values too; bool is a threshold.
    """
    random = np.random.default_rng(seed)
    field = np.zeros(shape)
    for axis, size in enumerate(shape):
        wave = np.sin(np.arange(size) * random.uniform(0.05, 0.4) + random.uniform(0, 6))
        field += wave.reshape([-1 if n == axis else 1 for n in range(len(shape))])
    field = field / max(1, len(shape)) + random.normal(0, 0.1, shape)
    field = np.clip((field + 1.3) / 2.6, 0, 1)
    kind = np.dtype(dtype)
    if kind == np.bool_:
        return np.asarray(field > 0.5)
    if kind.kind == "f":
        return np.asarray((field - 0.5) * 1000, dtype=kind)
    limits = np.iinfo(kind)
    # float64 cannot hold the largest 64-bit numbers: stay a little below the limit.
    span = (float(limits.max) - float(limits.min)) * (1 - 1e-9)
    return np.asarray(np.floor(field * span + float(limits.min)), dtype=kind)


def label_pixels(shape: Sequence[int], dtype: str, seed: int, *, first: int = 1) -> Array:
    """Return objects numbered from `first` on a background of 0: boxes with ragged edges."""
    random = np.random.default_rng(seed)
    cells = [max(1, size // 7) for size in shape]
    numbers = np.arange(first, first + int(np.prod(cells)), dtype=dtype).reshape(cells)
    numbers = np.where(random.random(cells) < 0.3, np.zeros((), dtype=dtype), numbers)
    index = [np.minimum(np.arange(s) * c // s, c - 1) for s, c in zip(shape, cells, strict=True)]
    pixels = numbers[np.ix_(*index)]
    return np.where(random.random(tuple(shape)) < 0.1, np.zeros((), dtype=dtype), pixels)


def _create_pyramid(
    path: Path,
    *,
    axes: str,
    shape: Sequence[int],
    chunks: Sequence[int] | None,
    shards: Sequence[int] | None,
    levels: int,
    scaling: Mapping[str, float] | None,
    dtype: str,
    ngff_version: NgffVersion,
    pixel_size: float,
    z_spacing: float,
    separator: Literal["/", "."],
    compressors: Any,
    fill_value: float | None,
    channels: Sequence[str] | None,
) -> None:
    factors = {"y": 2.0, "x": 2.0} if scaling is None else scaling
    create_empty_ome_zarr(
        path,
        shape=tuple(shape),
        pixelsize=pixel_size,
        z_spacing=z_spacing,
        time_spacing=_TIME_SPACING,
        scaling_factors=[float(factors.get(axis, 1.0)) for axis in axes],
        levels=levels,
        axes_names=tuple(axes),
        name=path.name,
        channels_meta=channels,
        ngff_version=ngff_version,
        chunks="auto" if chunks is None else tuple(chunks),
        shards=None if shards is None else tuple(shards),
        dtype=dtype,
        dimension_separator=separator,
        compressors="auto" if compressors is None else compressors,
        extra_array_kwargs=None if fill_value is None else {"fill_value": fill_value},
        overwrite=True,
    )


def _extents(image: Path) -> dict[str, tuple[float, float]]:
    finest = open_ome_zarr_container(image, mode="r").get_image()
    sizes = finest.pixel_size
    spacing = {"z": sizes.z, "y": sizes.y, "x": sizes.x}
    pixels = dict(zip(finest.axes, finest.shape, strict=True))
    return {axis: (0.0, pixels.get(axis, 1) * step) for axis, step in spacing.items()}


def _add_table(image: Path, name: str, table: Table, backend: Any) -> None:
    with warnings.catch_warnings():
        # Said of each zarr format in turn; the table must have the format of its image.
        warnings.filterwarnings("ignore", "Consolidated metadata is", ZarrUserWarning)
        warnings.filterwarnings("ignore", "Writing zarr v2 data", UserWarning)
        open_ome_zarr_container(image).add_table(name, table, backend=backend, overwrite=True)


def _ngff_version(path: Path) -> NgffVersion:
    return "0.5" if (path / "zarr.json").exists() else "0.4"


def _metadata(group: zarr.Group, version: NgffVersion) -> dict[str, Any]:
    # By way of JSON: plain containers that can be changed without touching the group's own.
    attributes: dict[str, Any] = json.loads(json.dumps(dict(group.attrs)))
    return attributes if version == "0.4" else attributes.get("ome", {"version": "0.5"})


def _update_metadata(group: zarr.Group, key: str, value: Any, version: NgffVersion) -> None:
    if version == "0.4":
        group.attrs[key] = value
    else:
        group.attrs["ome"] = {**_metadata(group, version), key: value}
