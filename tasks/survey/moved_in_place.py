"""An image that was registered in place knows its frame: it may be cut, and never moves again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region, digest_regions, outside
from tasks.plan.window import Frozen, Interpolation
from tasks.storage.fingerprint import fingerprint_pyramid
from tasks.storage.provenance import (
    FRAME,
    MADE_FROM,
    Record,
    all_records,
    has_moved,
    read_provenance,
)
from tasks.storage.well_entries import read_images
from tasks.survey.listed_tables import list_tables
from tasks.survey.regions import read_regions

Regions = tuple[Region, ...]


class Frame(Frozen):
    """Where the pixels of a registered image are."""

    reference: str
    """Name of the image whose coordinates they have."""
    registered_roi_table: str
    digest: str
    """Of the regions to which the image was cut."""
    regions: Regions
    """Those regions; empty in a record of a release that did not keep them."""


def read_frame(image: Path) -> Frame | None:
    """Return the frame that an image is in; None if it was not registered.

    Raises:
        InvalidInputError: If the image's metadata cannot be understood.
    """
    record = read_provenance(image)
    if record is None:
        return None
    reference = record.get("reference")
    kept = record.get(FRAME)
    return Frame(
        reference=str(reference.get("name")) if isinstance(reference, dict) else "",
        registered_roi_table=str(record.get("registered_roi_table")),
        digest=str(record.get("reference_digest")),
        regions=tuple(Region.model_validate(one) for one in kept) if isinstance(kept, list) else (),
    )


def regions_of_frame(image: Path, frame: Frame) -> Regions | None:
    """Return the regions of the frame that an image is in.

    Where the record does not keep them, they are those of a table with the frame's digest: the
    image's own, else another one's of its well. None if there is no such table.
    """
    if frame.regions:
        return frame.regions
    for other in (image, *(image.parent / entry.name for entry in read_images(image.parent))):
        if frame.registered_roi_table in list_tables(other):
            regions = read_regions(other, frame.registered_roi_table)
            if digest_regions(regions) == frame.digest:
                return regions
    return None


def had_regions(image: Path, regions: Regions) -> Regions:
    """Return those regions of its frame that an image had when it was brought there.

    Args:
        image: An image that is in a frame.
        regions: Of the frame.
    """
    moved = (read_provenance(image) or {}).get("shifts")
    if not isinstance(moved, dict):
        return regions
    return tuple(region for region in regions if region.name in moved)


def require_only_cut(
    image: Path, frame: Frame, reference: Path, *, here: Regions, there: Regions
) -> None:
    """Check that a registered image stays where it is, and at most loses what is cut off.

    Args:
        image: An image that is in a frame.
        frame: That frame.
        reference: What it is to be registered to now.
        here: The regions in the image's table.
        there: The regions in the reference's.

    Raises:
        InvalidInputError: The image would have to move again, or to show what was cut off.
    """
    where = f"{image} was registered already, to the frame of image '{frame.reference}'"
    what_to_do = (
        "Give the tables the regions of that frame again (`plate-registration doctor --repair` "
        "does, from the image's record), or restore the original image with its tables"
    )
    theirs = read_frame(reference)
    if frame.reference != (reference.name if theirs is None else theirs.reference):
        raise InvalidInputError(
            f"{where}, so it cannot be moved to that of {reference.name} any more. Register to "
            f"the acquisition of '{frame.reference}', or restore the original image with its tables"
        )
    regions = regions_of_frame(image, frame)
    if regions is None and image == reference:
        # It has never moved, and does not now; at worst zeros are asked for.
        return
    if regions is None:
        raise InvalidInputError(
            f"{where}, by a release that kept no regions of it, and table "
            f"'{frame.registered_roi_table}' of no image in the well is as it was then. "
            f"{what_to_do}"
        )
    own = digest_regions(here)
    if own not in {digest_regions(regions), digest_regions(there)}:
        raise InvalidInputError(
            f"{where}, and its pixels must not move a second time; but since then its own table "
            f"'{frame.registered_roi_table}' was given other regions. {what_to_do}"
        )
    if over := outside(there, regions):
        reaches = "; ".join(f"region '{name}' by {by}" for name, by in over.items())
        raise InvalidInputError(
            f"{where}, and cut to the regions that the reference had then. Now the reference's "
            f"reach out of them, where there are no pixels any more: {reaches}. {what_to_do}"
        )


def refuse_labels_left_behind(image: Path) -> None:
    """Refuse labels that an earlier registration has left where they were.

    The image has moved since and stays where it is, so they cannot move with it any more. A label
    that was made anew since then lies where the image is.

    Raises:
        InvalidInputError: The image has moved in place, and a label has not; each is named.
    """
    record = read_provenance(image)
    if record is None or record.get("origin") != image.name:
        return
    behind = sorted(set(_left_behind(image, record)))
    if behind:
        raise InvalidInputError(
            f"{image}: an earlier registration moved the image and left the labels "
            f"{', '.join(behind)} where they were (register_labels=False), so they cannot move "
            "with it any more. Segment the registered image again and replace or remove these "
            "labels, or keep register_labels=False"
        )


def _left_behind(image: Path, record: Record) -> Iterator[str]:
    labels = image / "labels"
    names = [path.name for path in labels.iterdir() if path.is_dir()] if labels.is_dir() else []
    for one in all_records(record):
        if one.get("register_labels") or not has_moved(one):
            continue
        before = one.get(MADE_FROM)
        if not isinstance(before, dict):
            yield from names
            continue
        for name in names:
            # A label is carried over as it was, and known again by that.
            known = before.get(f"labels/{name}")
            if known is not None and known == fingerprint_pyramid(labels / name):
                yield name


def refuse_another_interpolation(image: Path, interpolation: Interpolation) -> None:
    """Refuse another interpolation for pixels that have moved in place already.

    Nothing would move, and pixels made in one way would be recorded as made in another.

    Args:
        image: An image that stays where it is.
        interpolation: What is asked for now.

    Raises:
        InvalidInputError: The image has moved in place, interpolated otherwise.
    """
    record = read_provenance(image)
    if record is None or record.get("origin") != image.name:
        return
    for one in all_records(record):
        earlier = one.get("interpolation", "none")
        if has_moved(one) and earlier != interpolation:
            raise InvalidInputError(
                f"{image}: an earlier registration moved the image in place with "
                f"interpolation='{earlier}', so it cannot be moved with "
                f"interpolation='{interpolation}' any more. Restore the original image and its "
                f"tables first, or keep interpolation='{earlier}'"
            )
