"""The image's and its labels' pixel grids, as they are on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Level, Pyramid
from tasks.survey.label_grid import grid_of, place_on_image
from tasks.survey.label_names import find_labels
from tasks.survey.level_array import open_level_array
from tasks.survey.multiscale import Multiscale, read_multiscale

AVERAGED_KINDS = "biuf"
"""NumPy kinds whose pixels can be averaged into a coarser level."""

Warnings = tuple[str, ...]


def read_image_pyramid(path: Path) -> tuple[Pyramid, Warnings]:
    """Return the image's own pyramid, without shifts, and what had to be assumed.

    Raises:
        InvalidInputError: The metadata's meaning is not plain, a level is missing, cannot be read,
            is larger than the one before it, or is of a type that cannot be averaged.
    """
    scales = read_multiscale(path)
    pyramid = _read(path, "", scales, "linear")
    kind = np.dtype(pyramid.levels[0].dtype).kind
    if kind not in AVERAGED_KINDS:
        raise InvalidInputError(
            f"{path}: pixels of type {pyramid.levels[0].dtype} cannot be averaged into a pyramid; "
            "convert the image to an integer or floating-point type"
        )
    return pyramid, scales.doubts


class LabelPyramids(NamedTuple):
    """The labels of an image, and what is to be told of them."""

    pyramids: tuple[Pyramid, ...]
    """Without shifts."""
    warnings: Warnings
    left_behind: Warnings
    """Of what lies among the labels, is not registered, and stays as it is."""


def read_label_pyramids(path: Path, image: Pyramid | None) -> LabelPyramids:
    """Return the pyramid of every label of the image, and what to know about them.

    Labels that lie in `labels/` without being listed are labels too, where they can be read; else
    they are left behind.

    Args:
        path: The image.
        image: Its own pyramid, which the labels move with; None where they stay as they are.

    Raises:
        InvalidInputError: A label is listed but not there, its name leads out of the image, its
            levels do not fit together, or it is not plain where on the image it lies.
    """
    names = find_labels(path)
    pyramids: list[Pyramid] = []
    warnings: list[str] = []
    left_behind: list[str] = []
    for name in names.listed:
        try:
            scales = read_multiscale(path / "labels" / name)
        except (InvalidInputError, FileNotFoundError) as error:
            raise InvalidInputError(
                f"{path}: label '{name}' is listed but cannot be read ({error}). Restore it, or "
                "take it from the list in labels/"
            ) from error
        pyramid, told = _label(path, name, scales, image)
        pyramids.append(pyramid)
        warnings += told
    for name in names.unlisted:
        try:
            scales = read_multiscale(path / "labels" / name)
            pyramid, told = _label(path, name, scales, image)
        except InvalidInputError as error:
            left_behind.append(
                f"{path}: the label '{name}' lies in labels/ without being listed, and stays as it "
                f"is, not registered: {error}"
            )
            continue
        pyramids.append(pyramid)
        warnings += [
            *told,
            f"{path}: the label '{name}' lies in labels/ without being listed; it is treated like "
            "the others. Add its name to the list in labels/ so that viewers find it",
        ]
    left_behind += [
        f"{path}: '{name}' lies in labels/, is not listed and is no multiscale label: it stays as "
        "it is, not registered"
        for name in names.unreadable
    ]
    return LabelPyramids(tuple(pyramids), tuple(warnings), tuple(left_behind))


def _label(
    path: Path, name: str, scales: Multiscale, image: Pyramid | None
) -> tuple[Pyramid, Warnings]:
    pyramid = _read(path, f"labels/{name}", scales, "nearest")
    if image is None:
        return pyramid, scales.doubts
    size, told = place_on_image(
        grid_of(pyramid), grid_of(image), name, path, assumed=scales.assumed
    )
    # What was assumed counts only where nothing better is known.
    return pyramid.model_copy(update={"pixel_size": size}), told or scales.doubts


def _read(
    image: Path, below: str, scales: Multiscale, resampling: Literal["linear", "nearest"]
) -> Pyramid:
    levels: list[Level] = []
    for name in scales.levels:
        level = _read_level(image, f"{below}/{name}" if below else name)
        if len(level.shape) != len(scales.axes):
            raise InvalidInputError(
                f"{image / level.path}: pyramid level has {len(level.shape)} dimensions, but its "
                f"axes are {', '.join(scales.axes)}; correct the axes in the metadata of "
                f"{image / below}"
            )
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
        axes=scales.axes,
        pixel_size=scales.pixel_sizes[0],
        levels=tuple(levels),
        resampling=resampling,
        shifts=(),
    )


def _read_level(image: Path, path: str) -> Level:
    array = open_level_array(image, path)
    return Level(
        path=path,
        shape=array.shape,
        chunks=array.chunks,
        shards=array.shards,
        dtype=array.dtype.name,
    )
