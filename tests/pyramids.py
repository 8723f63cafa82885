"""Make, fill and read the pyramids of images and labels, and change what their metadata say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import zarr
from ngio import create_empty_ome_zarr
from ngio.common._zoom import numpy_zoom

from tests.plate_pixels import Array

NgffVersion = Literal["0.4", "0.5"]

_TIME_SPACING = 1.0


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
    described = metadata_of(group, ngff_version_of(multiscale))["multiscales"][0]
    return [dataset["path"] for dataset in described["datasets"]]


def create_pyramid(
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


def ngff_version_of(path: Path) -> NgffVersion:
    return "0.5" if (path / "zarr.json").exists() else "0.4"


def metadata_of(group: zarr.Group, version: NgffVersion) -> dict[str, Any]:
    # By way of JSON: plain containers that can be changed without touching the group's own.
    attributes: dict[str, Any] = json.loads(json.dumps(dict(group.attrs)))
    return attributes if version == "0.4" else attributes.get("ome", {"version": "0.5"})


def update_metadata(group: zarr.Group, key: str, value: Any, version: NgffVersion) -> None:
    if version == "0.4":
        group.attrs[key] = value
    else:
        group.attrs["ome"] = {**metadata_of(group, version), key: value}
