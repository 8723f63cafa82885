"""Compare the registered tables of a well with the frames that its images' records have kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks.doctor.finding import Finding, for_a_person
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import digest_regions, outside
from tasks.storage.locks import own_well
from tasks.survey.moved_in_place import Frame, Regions, read_frame, regions_of_frame
from tasks.survey.regions import read_regions
from tasks.tables.restore import restore_regions


def examine_frames(well: Path, names: Sequence[str]) -> Iterator[Finding]:
    """Yield the tables that contradict the frames of images that were registered in place.

    Args:
        well: Folder of the well.
        names: Those images.
    """
    frames = {name: frame for name in names if (frame := read_frame(well / name)) is not None}
    for name in names:
        yield from _of_table(well / name, frames)


def restore_table(image: Path) -> tuple[str, ...]:
    """Give the registered table of an image the regions of its frame, if it contradicts them.

    Raises:
        InvalidInputError: If the table is of another kind than those regions.
        LockHeldError: If a run is at work in the well.
        OSError: If it cannot be written.
    """
    well = image.parent
    with own_well(well, timeout=0):
        frames = _frames(well)
        regions = _contradicted(image, frames)
        if regions is None:
            return ()
        table = frames[image.name].registered_roi_table
        messages = restore_regions(image, table, regions)
    return (f"{image}: gave the table '{table}' the regions again that the image is in", *messages)


def _frames(well: Path) -> dict[str, Frame]:
    images = (path for path in sorted(well.iterdir()) if not path.name.startswith("."))
    return {path.name: frame for path in images if (frame := _frame_in_place(path)) is not None}


def _frame_in_place(image: Path) -> Frame | None:
    return read_frame(image) if image.is_dir() else None


def _of_table(image: Path, frames: dict[str, Frame]) -> Iterator[Finding]:
    frame = frames[image.name]
    table = f"the table '{frame.registered_roi_table}'"
    try:
        regions = regions_of_frame(image, frame)
        if regions is None:
            yield for_a_person(
                image,
                f"an earlier release registered the image, and {table} of no image is as then",
                "restore the registered tables of this well from a backup",
            )
        elif _contradicted(image, frames) is not None:
            yield Finding(
                path=image,
                problem=f"{table} contradicts the record of what moved the image: it was written "
                "after that",
                remedy="restore",
                advice="its regions can be restored from the record",
            )
        elif image.name == frame.reference and digest_regions(
            read_regions(image, frame.registered_roi_table)
        ) != digest_regions(regions):
            yield for_a_person(
                image,
                f"{table} was made narrower after images were registered to it",
                "run the registration of this well again: it cuts them; or restore the table",
            )
    except (InvalidInputError, OSError) as error:
        yield for_a_person(image, str(error), "its record was not compared with its tables")


def _contradicted(image: Path, frames: dict[str, Frame]) -> Regions | None:
    """Return the regions that an image's table should have, if it has others.

    What a reference's table says counts for all that are in its frame, and may only be narrower
    than what each of them was cut to; another image's table is a copy of it.
    """
    frame = frames[image.name]
    own = read_regions(image, frame.registered_roi_table)
    if image.name == frame.reference:
        held = _held(image.parent, frame, frames)
        return _narrowest(held) if any(outside(own, one) for one in held) else None
    regions = regions_of_frame(image, frame)
    if regions is None or digest_regions(own) == digest_regions(regions):
        return None
    reference = image.parent / frame.reference
    there = read_regions(reference, frame.registered_roi_table) if reference.is_dir() else regions
    is_copy = digest_regions(own) == digest_regions(there) and not outside(there, regions)
    return None if is_copy else regions


def _held(well: Path, frame: Frame, frames: dict[str, Frame]) -> list[Regions]:
    held = (
        regions_of_frame(well / name, other)
        for name, other in frames.items()
        if (other.reference, other.registered_roi_table)
        == (frame.reference, frame.registered_roi_table)
    )
    return [regions for regions in held if regions is not None]


def _narrowest(held: list[Regions]) -> Regions:
    """Return what all images have, whatever each was cut to.

    Raises:
        InvalidInputError: If there is no such frame among theirs.
    """
    for regions in held:
        if not any(outside(regions, other) for other in held):
            return regions
    raise InvalidInputError(
        "images of this well were registered to regions of which none lies within all others, so "
        "there is no frame that all of them are in; restore the originals and register again"
    )
