"""Open an image, its reference and its result at one level, ready to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Pyramid, RegistrationPlan
from tasks.plan.window import Window
from tasks.quality.measure import Compared
from tasks.quality.view import (
    SAME_PIXELS,
    View,
    coarse_enough,
    read_channels,
    shared_channels,
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
    pyramid, reference = _open_like(plan.reference_path, own, number, plan.image_path)
    return Compared(
        reference=reference,
        original=view_at(plan.image_path, own, number),
        result=view_at(result, own, number),
        channels=shared_channels(
            read_channels(plan.reference_path, pyramid), read_channels(plan.image_path, own)
        ),
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
    theirs, view = _open_like(reference, own, number, image)
    seen = view_at(image, own, number)
    return Compared(
        reference=view,
        original=None if is_registered else seen,
        result=seen if is_registered else None,
        channels=shared_channels(read_channels(reference, theirs), read_channels(image, own)),
        others=tuple(_opened(others, view)),
    )


def _open_like(reference: Path, own: Pyramid, number: int, image: Path) -> tuple[Pyramid, View]:
    pyramid, _ = read_image_pyramid(reference)
    view = _alike(reference, pyramid, own, number)
    if view is None:
        raise InvalidInputError(
            f"{reference} has no pyramid level whose pixels have the size of those of level "
            f"'{own.levels[number].path}' of {image}; they cannot be compared"
        )
    return pyramid, view


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


def _alike(image: Path, pyramid: Pyramid, like: Pyramid, number: int) -> View | None:
    """Return an image at the level whose pixels are of the size of a level of another's."""
    wanted = _pixel(like, number)
    for candidate in range(len(pyramid.levels)):
        pixel = _pixel(pyramid, candidate)
        if all(abs(pixel.get(axis, 1.0) / size - 1) < SAME_PIXELS for axis, size in wanted.items()):
            return view_at(image, pyramid, candidate)
    return None


def _pixel(pyramid: Pyramid, number: int) -> dict[str, float]:
    """Return micrometers per pixel of a level, along y and x; 1 px of z may be any size."""
    finest, level = pyramid.levels[0].shape, pyramid.levels[number].shape
    return {
        axis: size * a / b
        for axis, size, a, b in zip(pyramid.axes, pyramid.pixel_size, finest, level, strict=True)
        if axis in "yx"
    }
