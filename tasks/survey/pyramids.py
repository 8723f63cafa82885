"""The image's and its labels' pixel grids, as they are on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import zarr
from ngio import OmeZarrContainer, open_ome_zarr_container
from ngio.images import Image, Label
from ngio.utils import NgioError
from zarr.errors import BaseZarrError

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Level, Pyramid
from tasks.storage.paths import is_inside, safe_name

AVERAGED_KINDS = "biuf"
"""NumPy kinds whose pixels can be averaged into a coarser level."""


def open_image(path: Path) -> OmeZarrContainer:
    """Open an OME-Zarr image for reading only.

    Raises:
        InvalidInputError: The metadata cannot be read as an OME-Zarr image.
    """
    try:
        return open_ome_zarr_container(path, mode="r")
    except (NgioError, BaseZarrError, ValueError, KeyError) as error:
        raise InvalidInputError(
            f"{path}: not a readable OME-Zarr image ({error}). Give the path of one image, "
            "such as plate.zarr/B/03/1"
        ) from error


def read_image_pyramid(path: Path, container: OmeZarrContainer) -> Pyramid:
    """Return the image's own pyramid, without shifts.

    Raises:
        InvalidInputError: A level is missing, larger than the one before it, or of a type that
            cannot be averaged.
    """
    pyramid = _read(path, "", container.get_image(), "linear")
    kind = np.dtype(pyramid.levels[0].dtype).kind
    if kind not in AVERAGED_KINDS:
        raise InvalidInputError(
            f"{path}: pixels of type {pyramid.levels[0].dtype} cannot be averaged into a pyramid; "
            "convert the image to an integer or floating-point type"
        )
    return pyramid


def read_label_pyramids(path: Path, container: OmeZarrContainer) -> tuple[Pyramid, ...]:
    """Return the pyramid of every label that the image lists, without shifts.

    Raises:
        InvalidInputError: A label is listed but not there, its name leads out of the image, or its
            levels do not fit together.
    """
    pyramids = []
    for name in container.list_labels():
        safe_name(name, "label")
        try:
            label = container.get_label(name)
        except (NgioError, BaseZarrError, ValueError, KeyError) as error:
            raise InvalidInputError(
                f"{path}: label '{name}' is listed but cannot be read ({error}). Restore it, or "
                "take it from the list in labels/"
            ) from error
        pyramids.append(_read(path, f"labels/{name}", label, "nearest"))
    return tuple(pyramids)


def _read(
    image: Path, below: str, source: Image | Label, resampling: Literal["linear", "nearest"]
) -> Pyramid:
    size = source.pixel_size
    sizes = {"x": size.x, "y": size.y, "z": size.z, "t": size.t}
    levels: list[Level] = []
    for name in source.meta.paths:
        level = _read_level(image, f"{below}/{name}" if below else name)
        if levels and any(b > a for a, b in zip(levels[-1].shape, level.shape, strict=True)):
            raise InvalidInputError(
                f"{image / level.path}: pyramid level of shape {level.shape} is larger than the "
                f"level before it, {levels[-1].shape}; levels must be listed finest first"
            )
        if levels and level.dtype != levels[0].dtype:
            raise InvalidInputError(
                f"{image / level.path}: pyramid level of type {level.dtype}, but level 0 is "
                f"{levels[0].dtype}; all levels must have one type"
            )
        levels.append(level)
    return Pyramid(
        path=below,
        axes=source.axes,
        pixel_size=tuple(sizes.get(axis, 1.0) for axis in source.axes),
        levels=tuple(levels),
        resampling=resampling,
        shifts=(),
    )


def _read_level(image: Path, path: str) -> Level:
    if not is_inside(image / path, image):
        raise InvalidInputError(
            f"{image}: its metadata names the pyramid level '{path}', which lies outside the image"
        )
    try:
        array = zarr.open_array(image / path, mode="r")
    except (BaseZarrError, FileNotFoundError, ValueError, KeyError) as error:
        raise InvalidInputError(
            f"{image / path}: pyramid level is listed but cannot be read ({error}). Restore it, "
            "or convert the image again"
        ) from error
    return Level(
        path=path,
        shape=array.shape,
        chunks=array.chunks,
        shards=array.shards,
        dtype=array.dtype.name,
    )
