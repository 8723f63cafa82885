"""An image and its reference whose pixels differ in size: told, or refused where one is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.rounding import SPACE
from tasks.survey.multiscale import read_multiscale
from tasks.survey.planes import planes_of

_ALIKE = 0.01
"""Sizes that differ by less of themselves are one size."""


def unlike_sizes_told(image: Path, shape: Sequence[int], reference: Path) -> tuple[str, ...]:
    """Return in words that an image has pixels of another size than its reference; else nothing.

    Regions are in micrometers: where a size is wrong, other pixels are taken than are meant.

    Args:
        image: Root folder of the image.
        shape: Of its finest level; an axis of one pixel may be of any size.
        reference: Root folder of its reference.

    Raises:
        InvalidInputError: They differ, and the metadata of one of them does not give the size or
            its unit.
    """
    ours, theirs = read_multiscale(image), read_multiscale(reference)
    sizes = dict(zip(theirs.axes, theirs.pixel_sizes[0], strict=True))
    own = {
        axis: size
        for axis, size, pixels in zip(ours.axes, ours.pixel_sizes[0], shape, strict=True)
        if axis in SPACE and axis in sizes and pixels > 1
    }
    if "z" in own and planes_of(reference) == 1:
        own.pop("z")
    unlike = [a for a, size in own.items() if abs(size - sizes[a]) > _ALIKE * max(size, sizes[a])]
    if not unlike:
        return ()
    here, there = (" x ".join(f"{each[axis]:g}" for axis in unlike) for each in (own, sizes))
    said = (
        f"{image}: its pixels are {here} micrometers along {', '.join(unlike)}, those of its "
        f"reference {reference.name} are {there}"
    )
    guessed = [path for path, scales in ((image, ours), (reference, theirs)) if scales.assumed]
    if guessed:
        raise InvalidInputError(
            f"{said}, and {' and '.join(path.name for path in guessed)} has no size, or no unit, "
            "in its metadata: which pixels a region holds is not known. Write the scale and the "
            "unit of its axes into its metadata"
        )
    return (
        f"{said}: each region is taken in micrometers, and keeps the pixels of its image. If both "
        "were photographed alike, correct the scale of one of them",
    )
