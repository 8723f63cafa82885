"""How many planes an image has along z: one plane says nothing of where it lies in a stack."""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.storage.attributes import array_shape
from tasks.survey.multiscale import read_multiscale


def planes_of(image: Path) -> int:
    """Return the planes of an image's finest level; 1 where it has no z axis.

    Raises:
        InvalidInputError: Its metadata or that level cannot be read.
    """
    scales = read_multiscale(image)
    if "z" not in scales.axes:
        return 1
    finest = image / scales.levels[0]
    try:
        shape = array_shape(finest)
    except FileNotFoundError as error:
        raise InvalidInputError(
            f"{finest}: pyramid level is listed in the metadata of {image}, but is not there; "
            "restore it from a backup, or convert the image again"
        ) from error
    return shape[scales.axes.index("z")] if len(shape) == len(scales.axes) else 1


def is_one_plane_of(image: Path, other: Path) -> bool:
    """Return whether an image has one plane, such as a projection, and another one several.

    Raises:
        InvalidInputError: The metadata or the finest level of one cannot be read.
    """
    return planes_of(image) == 1 < planes_of(other)


def whole_along_z(region: Region) -> Region:
    """Return a region that names no planes: it has all that an image has."""
    start, length = (
        {axis: value for axis, value in each.items() if axis != "z"}
        for each in (region.start, region.length)
    )
    return Region(name=region.name, start=start, length=length)
