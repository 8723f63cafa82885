"""Which images of a well and which wells of a plate a run works on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError, NothingToRegisterError
from tasks.plan.window import Frozen
from tasks.storage.provenance import is_output
from tasks.storage.well_entries import WellImage, read_images, read_wells
from tasks.survey import unlisted
from tasks.survey.listed_tables import list_tables
from tasks.survey.reference import require_acquisitions
from tasks.survey.unlisted import unlisted_images

_A_RESULT = "is itself the result of a registration"


class Selection(Frozen):
    """The images of one well to register, by name."""

    others: tuple[str, ...]
    """Images of every other acquisition; all of them before the reference."""
    reference: tuple[str, ...]
    """Images of the reference acquisition."""
    left_out: dict[str, str]
    """Why each other image of the well is not registered; results of registrations need no word."""


def select_images(
    well: Path,
    *,
    registered_roi_table: str,
    reference_acquisition: int,
    images: Sequence[str] | None = None,
) -> Selection:
    """Return the images to register: those named, else all that have the table and are no results.

    An image that the well lists but that is not there is selected, so that its run tells of it.

    Raises:
        NothingToRegisterError: It has no image of the reference acquisition, or no other.
        InvalidInputError: The path is not a well, or it does not list a named image.
    """
    listed = read_images(well)
    names = [image.name for image in listed]
    if unknown := [name for name in images or () if name not in names]:
        raise InvalidInputError(
            f"{well}: no image {_quoted(unknown)} in this well; it has {_quoted(names)}"
        )
    require_acquisitions(well, {image.name: image.acquisition for image in listed})
    if reference_acquisition not in {image.acquisition for image in listed}:
        raise NothingToRegisterError(
            f"{well}: no image of reference acquisition {reference_acquisition}; "
            + _acquisitions_told(listed)
        )
    reasons = {
        image.name: ""
        if images is not None
        else _reason_against(well, image, names, registered_roi_table)
        for image in listed
        if images is None or image.name in images
    }
    chosen = [image for image in listed if reasons.get(image.name) == ""]
    told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason)
    if not chosen:
        raise NothingToRegisterError(
            f"{well}: nothing to register with table '{registered_roi_table}' "
            f"({told or 'the well lists no images'}). "
            "Estimate the shifts and find the consensus first, or name another table"
        )
    others = tuple(i.name for i in chosen if i.acquisition != reference_acquisition)
    reference = tuple(i.name for i in chosen if i.acquisition == reference_acquisition)
    if images is None and not reference:
        raise NothingToRegisterError(
            f"{well}: no image of reference acquisition {reference_acquisition} has table "
            f"'{registered_roi_table}' ({told}). "
            "Estimate the shifts and find the consensus first, or name another table"
        )
    left_out = {name: reason for name, reason in reasons.items() if reason not in ("", _A_RESULT)}
    if images is None:
        left_out |= dict.fromkeys(unlisted_images(well, names), unlisted.IMAGE)
    return Selection(others=others, reference=reference, left_out=left_out)


def select_wells(plate: Path, wells: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the wells to work on, in the plate's order: those named, else all.

    Raises:
        InvalidInputError: The path is not a plate, or it does not have a named well.
    """
    there = read_wells(plate)
    if unknown := [name for name in wells or () if name not in there]:
        raise InvalidInputError(
            f"{plate}: no well {_quoted(unknown)} in this plate; it has {_quoted(there)}"
        )
    return tuple(name for name in there if wells is None or name in wells)


def _reason_against(well: Path, listed: WellImage, names: Sequence[str], table: str) -> str:
    """Return why an image is not registered unless it is named; empty when it is."""
    image = well / listed.name
    origin = image.name.removesuffix("_registered")
    # A result that somebody has removed by hand may still be listed.
    if is_output(image) or (origin != image.name and origin in names):
        return _A_RESULT
    if not image.exists():
        return ""
    if listed.acquisition is None:
        return "has no acquisition in the well's metadata"
    if table not in list_tables(image):
        return f"has no table '{table}'"
    return ""


def _acquisitions_told(listed: Sequence[WellImage]) -> str:
    """Return which acquisitions a well has, and what to do to register to one of them."""
    if not listed:
        return "the well lists no images"
    known = sorted({image.acquisition for image in listed if image.acquisition is not None})
    unknown = [image.name for image in listed if image.acquisition is None]
    told = f"the well has acquisitions {', '.join(map(str, known))}. Give one of them as "
    told += "reference_acquisition"
    if unknown:
        told += f", or give image {', '.join(unknown)} its acquisition in the well's list"
    return told


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
