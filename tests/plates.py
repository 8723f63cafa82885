"""Make small OME-Zarr plates, written by ngio, for every test to work on.

Everything is deterministic: the same arguments give the same pixels. Lengths are micrometers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from ngio import ImageInWellPath, create_empty_plate

from tests.plate_pixels import Array, label_pixels, smooth_pixels
from tests.plate_tables import Box, add_feature_table, add_masking_table, write_regions
from tests.pyramids import (
    NgffVersion,
    create_pyramid,
    level_paths,
    metadata_of,
    ngff_version_of,
    read_levels,
    replace_level,
    update_metadata,
    write_levels,
)
from tests.templates import made_once

__all__ = [
    "Array",
    "Box",
    "NgffVersion",
    "add_extras",
    "add_feature_table",
    "add_image_to_well",
    "add_label",
    "add_masking_table",
    "label_pixels",
    "level_paths",
    "make_image",
    "make_plate",
    "read_levels",
    "replace_level",
    "smooth_pixels",
    "write_levels",
    "write_regions",
]


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
    pixels: Array | None = None,
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
        pixels: What every image holds, instead of pixels drawn by the seed.

    Returns:
        The plate's path.
    """
    _make_empty_plate(path, wells=wells, acquisitions=acquisitions, ngff_version=ngff_version)
    for number, (well, acquisition) in enumerate(product(wells, acquisitions)):
        make_image(
            path / well / str(acquisition),
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
            pixels=pixels,
        )
    return path


@made_once
def _make_empty_plate(
    path: Path,
    *,
    wells: Sequence[str],
    acquisitions: Sequence[int],
    ngff_version: NgffVersion,
) -> Path:
    images = [
        ImageInWellPath(
            row=well.split("/")[0],
            column=well.split("/")[1],
            path=str(acquisition),
            acquisition_id=acquisition,
        )
        for well, acquisition in product(wells, acquisitions)
    ]
    create_empty_plate(path, path.stem, images=images, ngff_version=ngff_version)
    return path


@made_once
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
    pixels: Array | None = None,
) -> Path:
    """Write one image with its labels; arguments as in `make_plate`. It is listed in no well."""
    create_pyramid(
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
    write_levels(path, smooth_pixels(shape, dtype, seed) if pixels is None else pixels)
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
    ngff_version = ngff_version_of(image)
    zarr_format: Literal[2, 3] = 2 if ngff_version == "0.4" else 3
    labels = zarr.open_group(image / "labels", mode="a", zarr_format=zarr_format)
    create_pyramid(
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
    update_metadata(zarr.open_group(label, mode="r+"), "image-label", described, ngff_version)
    listed = [*metadata_of(labels, ngff_version).get("labels", []), name]
    update_metadata(labels, "labels", listed, ngff_version)
    return label


def add_image_to_well(well: Path, name: str, acquisition: int | None = None) -> None:
    """List an image in its well; the image itself is made by `make_image(well / name)`."""
    group = zarr.open_group(well, mode="r+")
    version: NgffVersion = "0.4" if group.metadata.zarr_format == 2 else "0.5"
    described = dict(metadata_of(group, version)["well"])
    entry = {"path": name} if acquisition is None else {"path": name, "acquisition": acquisition}
    described["images"] = [*described["images"], entry]
    update_metadata(group, "well", described, version)


def add_extras(image: Path) -> None:
    """Add what ngio does not know: root attributes, omero and multiscale extras, groups, a file."""
    group = zarr.open_group(image, mode="r+")
    version = ngff_version_of(image)
    metadata = metadata_of(group, version)
    multiscales = [
        {**m, "type": "gaussian", "metadata": {"by": "us"}} for m in metadata["multiscales"]
    ]
    update_metadata(group, "multiscales", multiscales, version)
    if "omero" in metadata:
        omero = {**metadata["omero"], "id": 7, "rdefs": {"model": "color", "defaultZ": 1}}
        update_metadata(group, "omero", omero, version)
    group.attrs["custom"] = {"operator": "Zoë", "bleached": [1, 2.5, None]}
    derived = group.create_group("derived", attributes={"method": "background"})
    derived.create_array("profile", data=np.arange(12, dtype="float32").reshape(3, 4))
    folder = image / "OME"
    folder.mkdir()
    (folder / "METADATA.ome.xml").write_text("<OME/>", encoding="utf-8")
