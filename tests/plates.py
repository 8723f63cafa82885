"""Make small OME-Zarr plates, written by ngio, for every test to work on.

Everything is deterministic: the same arguments give the same pixels. Lengths are micrometers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from ngio import ImageInWellPath, create_empty_ome_zarr, create_empty_plate
from ngio.common._zoom import numpy_zoom

from tests.plate_pixels import Array, label_pixels, smooth_pixels
from tests.plate_tables import Box, add_feature_table, add_masking_table, write_regions

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

NgffVersion = Literal["0.4", "0.5"]

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
            pixels=pixels,
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
    pixels: Array | None = None,
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


def replace_level(
    multiscale: Path,
    level: int,
    *,
    shape: Sequence[int] | None = None,
    chunks: Sequence[int] | None = None,
    **storage: Any,
) -> None:
    """Make one level anew, stored otherwise; its pixels are to be written again.

    Other writers round level shapes up, give every level its own chunks, or store pixels in other
    ways; ngio does nothing of that.

    Args:
        multiscale: The image or label.
        level: Number of the level.
        shape: Its new shape.
        chunks: Its new chunks.
        **storage: As zarr's `create_array` takes them, such as `dtype=">u2"` or `order="F"`.
    """
    path = multiscale / level_paths(multiscale)[level]
    old = zarr.open_array(path, mode="r")
    separator = "." if (path / ".zarray").exists() and "." in _chunk_key(old) else "/"
    options: dict[str, Any] = {
        "shape": old.shape if shape is None else tuple(shape),
        "chunks": old.chunks if chunks is None else tuple(chunks),
        "dtype": old.dtype,
        "fill_value": old.fill_value,
        "zarr_format": old.metadata.zarr_format,
        "overwrite": True,
    }
    if options["zarr_format"] == 2:
        options["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    zarr.create_array(path, **{**options, **storage})


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


def _chunk_key(array: zarr.Array[Any]) -> str:
    return array.metadata.encode_chunk_key((0,) * array.ndim)


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
