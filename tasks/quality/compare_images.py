"""Open an image, its reference and its result at one level, ready to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.window import Window
from tasks.quality.measure import Compared
from tasks.quality.view import (
    View,
    coarse_enough,
    shared_channels,
    view_alike,
    view_at,
    view_like,
)
from tasks.survey.pyramids import read_image_pyramid


def compare_planned(plan: RegistrationPlan, result: Path, others: Sequence[Path] = ()) -> Compared:
    """Open what a plan registers and what came of it.

    Args:
        plan: What was done; the original must still be there.
        result: Root folder of the registered image, staged or in place.
        others: Images of the reference acquisition in other wells.

    Raises:
        InvalidInputError: An image cannot be read, or reference and image have no level of one
            pixel size.
    """
    own = plan.image
    number = coarse_enough(own, [shift.target for shift in own.shifts])
    original = view_at(plan.image_path, own, number)
    reference = _open_like(plan.reference_path, original, number)
    return Compared(
        reference=reference,
        original=original,
        result=view_at(result, own, number),
        channels=shared_channels(reference.channels(), original.channels()),
        others=tuple(_opened(others, reference)),
    )


def compare_as_they_are(
    image: Path,
    reference: Path,
    windows: Sequence[Window],
    *,
    is_registered: bool,
    others: Sequence[Path] = (),
) -> Compared:
    """Open an image and its reference as they lie on disk.

    Args:
        image: Root folder of the image.
        reference: Root folder of the reference.
        windows: Of the image's finest level, where it will be looked at.
        is_registered: Whether the image is a result; else it is an original.
        others: Images of the reference acquisition in other wells.

    Raises:
        InvalidInputError: An image cannot be read, or they have no level of one pixel size.
    """
    own, _ = read_image_pyramid(image)
    number = coarse_enough(own, windows)
    seen = replace(view_at(image, own, number), is_covered=is_registered)
    view = replace(_open_like(reference, seen, number), is_covered=is_registered)
    return Compared(
        reference=view,
        original=None if is_registered else seen,
        result=seen if is_registered else None,
        channels=shared_channels(view.channels(), seen.channels()),
        others=tuple(_opened(others, view)),
    )


def _open_like(reference: Path, image: View, number: int) -> View:
    view = view_alike(reference, image, number)
    if view is None:
        raise InvalidInputError(
            f"{reference} has no pyramid level whose pixels have the size of those of level "
            f"'{image.path}' of {image.image}; they cannot be compared"
        )
    return view


def _opened(images: Sequence[Path], like: View) -> list[View]:
    found = []
    for image in images:
        try:
            view = view_like(image, like)
        except (InvalidInputError, OSError):
            # Another run may be replacing it: one witness less.
            continue
        if view is not None:
            found.append(view)
    return found
