"""The whole image as one region, for plates whose writers put no ROI table into their images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.plan.rounding import SPACE
from tasks.storage.attributes import read_attributes
from tasks.survey.listed_tables import list_tables, look_at_table
from tasks.survey.pyramids import read_image_pyramid
from tasks.survey.regions import read_regions
from tasks.survey.unlisted_tables import unlisted_tables

REGION = "image"
"""Name of the region that is the whole image."""

WHOLE_IMAGE = "plate_registration_whole_image"
"""Attribute of a table, and of all that are made from it, that we made of such a region."""


def whole_image(image: Path) -> Region:
    """Return the region that covers an image, in micrometers.

    Raises:
        InvalidInputError: The image's metadata has no plain meaning, or a level is missing.
    """
    pyramid, _ = read_image_pyramid(image)
    pixels = dict(zip(pyramid.axes, pyramid.levels[0].shape, strict=True))
    steps = dict(zip(pyramid.axes, pyramid.pixel_size, strict=True))
    # A table of regions has a z: of one micrometer, by custom, where the image has none.
    length = {axis: pixels.get(axis, 1) * steps.get(axis, 1.0) for axis in SPACE}
    return Region(name=REGION, start=dict.fromkeys(length, 0.0), length=length)


def roi_tables(image: Path) -> tuple[str, ...]:
    """Return the names of an image's ROI tables but those that we made of the whole image.

    Raises:
        InvalidInputError: A table is listed but not there, cannot be read, or lies there without
            being listed: the image is then not known to be without regions.
    """
    for name in unlisted_tables(image, list_tables(image)):
        if read_attributes(image / "tables" / name).get("type", "roi_table") == "roi_table":
            raise InvalidInputError(
                f"{image}: the table '{name}' lies in tables/ without being listed there, so that "
                "nobody knows of it. Add its name to the list 'tables' in the metadata of "
                f"{image / 'tables'}, which may have been lost in copying, or take it away"
            )
    return tuple(
        name
        for name in list_tables(image)
        if not is_of_whole_image(image, name) and look_at_table(image, name).type == "roi_table"
    )


def is_of_whole_image(image: Path, table: str) -> bool:
    """Return whether a table is there that we made of the whole image."""
    return table in list_tables(image) and bool(
        read_attributes(image / "tables" / table).get(WHOLE_IMAGE)
    )


def whole_image_told(image: Path, table: str) -> tuple[str, ...]:
    """Return in words that an image is one region, where it is: it has no table but ours."""
    if table in list_tables(image) and not is_of_whole_image(image, table):
        return ()
    return (f"{image} has no ROI tables of its own: the whole image is one region, '{REGION}'",)


def regions_of(images: Sequence[Path], table: str) -> tuple[tuple[Region, ...], ...]:
    """Return the regions of images that are compared: of their tables, else the whole images.

    Args:
        images: Root folders.
        table: Name of the table; an image without it is one region where no image has an ROI table.

    Raises:
        InvalidInputError: An image lacks the table that another has, or a table cannot be read.
    """
    without = [image for image in images if table not in list_tables(image)]
    own = any(not is_of_whole_image(image, table) for image in images if image not in without)
    for image in without:
        if own or roi_tables(image):
            raise InvalidInputError(
                f"{image} has no table '{table}'; its tables are: "
                f"{', '.join(list_tables(image)) or 'none'}. Name the table of the regions to "
                "estimate as input_roi_table"
            )
    return tuple(
        (whole_image(image),) if image in without else read_regions(image, table)
        for image in images
    )
