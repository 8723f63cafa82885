"""Measure what a plate's images do not say of themselves: another program's plates, raw ones."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.plan.registration_plan import Pyramid
from tasks.plan.rounding import outward
from tasks.plan.window import Frozen, Window
from tasks.quality.compare_images import compare_as_they_are
from tasks.quality.cut_away import cut_away
from tasks.quality.image_quality import judge_image
from tasks.quality.options import Thresholds
from tasks.quality.place import Place
from tasks.quality.region_quality import RegionQuality
from tasks.quality.table import read_quality
from tasks.quality.witnesses import witnesses_of
from tasks.report.assess import keep_pictures
from tasks.storage.as_made import holds_what_was_made
from tasks.storage.hidden import OUTPUT_SUFFIX
from tasks.storage.provenance import is_output, read_provenance
from tasks.storage.well_entries import WellImage, read_images, read_wells
from tasks.survey.listed_tables import list_tables
from tasks.survey.pyramids import read_image_pyramid
from tasks.survey.reference import pick_reference
from tasks.survey.regions import read_regions


class Question(Frozen):
    """What is asked of a plate."""

    reference_acquisition: int
    """That the others are compared with."""
    registered_roi_table: str
    input_roi_table: str
    """Regions of a raw image; without it, the whole image is one."""


def measure_plate(
    plate: Path, question: Question, thresholds: Thresholds, folder: Path
) -> Iterator[RegionQuality]:
    """Yield the quality of every region, as its image says it, else measured now.

    What an image says counts while its pixels, and its reference's, are those that were compared.

    An image whose registered regions are those of the reference was registered: it is compared
    with the reference there. Any other is raw, and is compared where it lies, unless its result is
    beside it. The plate is only read.

    Args:
        plate: Root folder of the plate.
        question: What is compared with what.
        thresholds: Where verdicts change.
        folder: Of the report, for the pictures.
    """
    for well in read_wells(plate):
        try:
            images = read_images(plate / well)
        except (InvalidInputError, OSError):
            # A well that cannot be read is what `doctor` tells of.
            continue
        names = {image.name for image in images}
        changed = {name for name in names if _has_changed(plate / well / name)}
        for image in images:
            said = _said(plate / well / image.name, changed)
            if not said and f"{image.name}{OUTPUT_SUFFIX}" in names:
                continue
            if said or _is_reference(plate / well, image, question):
                yield from said
                continue
            try:
                yield from _measure(plate / well, image, question, thresholds, folder)
            except (InvalidInputError, OSError) as error:
                yield _unknown(well, image, str(error))


def _is_reference(well: Path, image: WellImage, question: Question) -> bool:
    """Return whether others are compared with an image, as is asked for or as it was registered."""
    if image.acquisition in {None, question.reference_acquisition}:
        return True
    try:
        record = read_provenance(well / image.name) or {}
    except (InvalidInputError, OSError):
        return False
    reference = record.get("reference")
    return isinstance(reference, dict) and reference.get("name") == record.get("origin")


def _has_changed(image: Path) -> bool:
    try:
        return not holds_what_was_made(image)
    except (InvalidInputError, OSError):
        # Nor does what was said of it count, if it cannot be read.
        return True


def _said(image: Path, changed: Container[str]) -> tuple[RegionQuality, ...]:
    """Return what an image says of itself, if it and its reference are still what was compared."""
    record = read_provenance(image) if image.name not in changed else None
    reference = record.get("reference") if record is not None else None
    if not isinstance(reference, dict) or reference.get("name") in changed:
        return ()
    return read_quality(image)


def _measure(
    well: Path, image: WellImage, question: Question, thresholds: Thresholds, folder: Path
) -> Iterator[RegionQuality]:
    listed = {
        each.name: each.acquisition
        for each in read_images(well)
        if each.name == image.name or not is_output(well / each.name)
    }
    name, _ = pick_reference(listed, image.name, question.reference_acquisition, well)
    moving, reference = well / image.name, well / name
    regions, is_registered = _regions(moving, reference, question)
    pyramid, _ = read_image_pyramid(moving)
    lost = cut_away(reference, question.registered_roi_table, regions) if is_registered else {}
    places = tuple(
        _place(region, pyramid, is_registered=is_registered, lost=lost.get(region.name))
        for region in regions
    )
    compared = compare_as_they_are(
        moving,
        reference,
        [place.reference for place in places],
        is_registered=is_registered,
        others=witnesses_of(well, question.reference_acquisition),
    )
    for quality, pictures in judge_image(
        places,
        compared,
        thresholds,
        well=f"{well.parent.name}/{well.name}",
        image=image.name,
        acquisition=image.acquisition or 0,
    ):
        keep_pictures(folder, quality, pictures)
        yield quality


def _regions(moving: Path, reference: Path, question: Question) -> tuple[tuple[Region, ...], bool]:
    """Return the regions to look at, and whether the image was registered to them."""
    registered, raw = question.registered_roi_table, question.input_roi_table
    if registered in list_tables(reference) and registered in list_tables(moving):
        regions = read_regions(reference, registered)
        return regions, regions == read_regions(moving, registered)
    if raw in list_tables(reference):
        return read_regions(reference, raw), False
    return (Region(name="image", start={}, length={}),), False


def _place(region: Region, pyramid: Pyramid, *, is_registered: bool, lost: float | None) -> Place:
    start, stop = [], []
    for axis, size, pixels in zip(
        pyramid.axes, pyramid.pixel_size, pyramid.levels[0].shape, strict=True
    ):
        first, last = 0, pixels
        if axis in region.start:
            first, last = outward(region.start[axis], region.length[axis], size)
        start.append(first)
        stop.append(max(first, last))
    window = Window(start=tuple(start), stop=tuple(stop))
    window = window.clipped_to(Window.whole(pyramid.levels[0].shape))
    return Place(
        region=region.name,
        axes=pyramid.axes,
        reference=window,
        before=None if is_registered else window,
        after=window if is_registered else None,
        shift=(0.0, 0.0, 0.0),
        cut_away=lost,
    )


def _unknown(well: str, image: WellImage, reason: str) -> RegionQuality:
    return RegionQuality(
        well=well,
        image=image.name,
        acquisition=image.acquisition or 0,
        region="image",
        size=(1.0, 1.0),
        centre=(0.5, 0.5),
        shift=(0.0, 0.0, 0.0),
        cut_away=None,
        agreements=(),
        motion=None,
        verdict="nothing to judge",
        reason=reason,
    )
