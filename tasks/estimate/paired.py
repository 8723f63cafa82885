"""Open an image and its reference for comparison: all that is known before a pixel is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tasks.estimate.level import ChannelLevel, open_level
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region, pair_regions
from tasks.storage.well_entries import read_images
from tasks.survey.boundary import told_of
from tasks.survey.reference_with_table import pick_reference_with
from tasks.survey.whole_image import regions_of, whole_image_told

_SAME_SIZE = 1e-3
"""Relative difference of two pixel sizes that is a rounded number rather than another lens."""


@dataclass(frozen=True)
class Paired:
    """An image and its reference at one level, with the regions that both have."""

    reference: ChannelLevel
    moving: ChannelLevel
    regions: tuple[tuple[Region, Region], ...]
    """Of the reference and of the image, in the table's order."""
    warnings: tuple[str, ...]

    @property
    def is_flat(self) -> bool:
        """Whether one image is a single plane, the other a stack: no shift along z is known."""
        return (self.reference.planes == 1) != (self.moving.planes == 1)


def open_paired(image: Path, options: EstimateOptions) -> Paired:
    """Open an image and the one of the reference acquisition.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
    """
    well = image.parent
    listed = {entry.name: entry.acquisition for entry in read_images(well)}
    name, warnings = pick_reference_with(
        options.input_roi_table, image, listed, options.reference_acquisition
    )
    paired = pair_images(well / name, image, options)
    return replace(paired, warnings=(*warnings, *paired.warnings))


def pair_images(reference: Path, image: Path, options: EstimateOptions) -> Paired:
    """Open an image beside another one of its well.

    Args:
        reference: Root folder of the other image.
        image: Root folder of the image.
        options: What to estimate from.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
    """
    with told_of(image):
        return _pair(reference, image, options)


def _pair(reference: Path, image: Path, options: EstimateOptions) -> Paired:
    ours, theirs = (
        open_level(path, wavelength=options.wavelength_id, level=options.level_path)
        for path in (reference, image)
    )
    _check_spacing(ours, theirs)
    there, here = regions_of((reference, image), options.input_roi_table)
    table = options.input_roi_table
    whole = [text for path in (reference, image) for text in whole_image_told(path, table)]
    regions, told, missing = pair_regions(
        there,
        here,
        reference_image=reference,
        image=image,
        allow_missing=options.allow_missing_regions,
    )
    for pair in regions:
        for level, region in zip((ours, theirs), pair, strict=True):
            _require_pixels(level, region, table)
    return Paired(
        reference=ours,
        moving=theirs,
        regions=regions,
        warnings=(*ours.doubts, *theirs.doubts, *whole, *told, *missing, *_flat_told(ours, theirs)),
    )


def _flat_told(reference: ChannelLevel, moving: ChannelLevel) -> tuple[str, ...]:
    one, stack = (reference, moving) if reference.planes == 1 else (moving, reference)
    if not one.planes == 1 < stack.planes:
        return ()
    return (
        f"{one.image} has one plane, {stack.image.name} has {stack.planes}: it is compared with "
        "the brightest of them, and nothing moves along z",
    )


def _require_pixels(level: ChannelLevel, region: Region, table: str) -> None:
    """Refuse a region outside its image: it shows nothing that could be compared, or moved."""
    if not level.window(region).is_empty:
        return
    space = [axis for axis in "zyx" if axis in region.start]
    lies, shows = (
        ", ".join(f"{axis} {first:g} to {last:g}" for axis, first, last in sides)
        for sides in (
            [
                (axis, region.start[axis], region.start[axis] + region.length[axis])
                for axis in space
            ],
            [
                (axis, 0.0, n * size)
                for axis, n, size in zip("zyx", level.shape, level.spacing, strict=True)
                if axis in space
            ],
        )
    )
    raise InvalidInputError(
        f"{level.image}: region '{region.name}' of table '{table}' lies outside the image: at "
        f"{lies} micrometers, of an image from {shows}. Positions count from the image's corner: "
        "correct the row, or take it out of the tables of all acquisitions"
    )


def _check_spacing(reference: ChannelLevel, moving: ChannelLevel) -> None:
    """Refuse other lenses. Sizes that do not divide give coarse levels unequal pixels by a hair."""
    # The thickness of a single plane says nothing.
    axes = slice(None) if min(reference.planes, moving.planes) > 1 else slice(1, None)
    alike = np.allclose(reference.finest[axes], moving.finest[axes], rtol=_SAME_SIZE, atol=0)
    # A level that is half a pixel too short or too long.
    rounded = max(_SAME_SIZE, *(1 / n for each in (reference, moving) for n in each.shape[1:]))
    sizes = reference.spacing[axes], moving.spacing[axes]
    if not alike or not np.allclose(*sizes, rtol=rounded, atol=0):
        raise InvalidInputError(
            f"{moving.image} has pixels of {moving.spacing} micrometers (z, y, x) at level "
            f"'{moving.path}', its reference {reference.image} of {reference.spacing}; regions of "
            "one pixel size can be compared. Correct the metadata, or resample one image"
        )
