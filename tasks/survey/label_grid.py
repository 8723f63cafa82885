"""Where a label lies on its image, also where the size of its pixels contradicts their number.

Libraries that write labels take a pixel as 1 micrometer, or leave its size out, unless they are
told: a shift in micrometers would then move the label by other pixels than its image.
"""

from __future__ import annotations

from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Pyramid
from tasks.plan.rounding import SPACE
from tasks.plan.window import Frozen

_ALIKE = 0.01
"""Sizes of a pixel that differ by less of themselves are one size."""

_PLANE = ("y", "x")

_Numbers = dict[str, int]
"""Pixels along y and x, and z where there is one."""

_Sizes = dict[str, float]
"""Micrometers of a pixel, likewise."""


class Grid(Frozen):
    """Where the pixels of an image or a label lie, by what its metadata says."""

    axes: tuple[str, ...]
    pixel_size: tuple[float, ...]
    """Of the finest level, per axis: micrometers, seconds for t, 1 for c."""
    shapes: tuple[tuple[int, ...], ...]
    """Pixels per axis of each level, finest first."""


def grid_of(pyramid: Pyramid) -> Grid:
    """Return where the pixels of a pyramid lie."""
    return Grid(
        axes=pyramid.axes,
        pixel_size=pyramid.pixel_size,
        shapes=tuple(level.shape for level in pyramid.levels),
    )


def place_on_image(
    label: Grid, image: Grid, name: str, path: Path, *, assumed: bool
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the pixel size that a label has on its image, and what is to be told of that.

    A label shows its whole image where it covers it in micrometers, else where its rows and columns
    are as many as the image's, or a coarser image's. If not, it shows a part of it, on the grid of
    one of the image's levels or on another. As many planes as the image's are the same planes.

    Args:
        label: The label's pixels.
        image: The image's pixels.
        name: The label's, for messages.
        path: The image, for messages.
        assumed: Whether the size of the label's pixels, or its unit, is not in its metadata.

    Raises:
        InvalidInputError: It is not plain which part of the image the label shows.
    """
    (here, size), (there, there_size) = _extent(label), _extent(image)
    # The size of a single plane says nothing.
    shared = [axis for axis in here if axis in there and here[axis] > 1]
    unlike = {a for a in shared if abs(here[a] * size[a] - there[a] * there_size[a]) > size[a]}
    placed = {"z": there_size["z"]} if "z" in unlike and here["z"] == there["z"] else {}
    if unlike & {*_PLANE}:
        factor = there["x"] / here["x"]
        is_whole = abs(there["y"] - factor * here["y"]) <= factor
        on_levels = [
            all(_alike(size[a], there_size[a] * there[a] / level[a]) for a in _PLANE)
            for level in _levels(image)
        ]
        # A label on the image's own pixels may be filled up to whole chunks.
        is_too_large = _reaches_out(label, image) and not on_levels[0]
        if is_whole and (factor == 1 or not any(on_levels)):
            placed |= {a: there_size[a] * there[a] / here[a] for a in _PLANE}
        elif is_whole or is_too_large or (assumed and not any(on_levels)):
            raise InvalidInputError(
                f"{path}: its label '{name}' has {_text(here)} pixels of {_text(size)} "
                f"micrometers, the image {_text(there)} of {_text(there_size)}: it is not plain "
                "which part of the image the label shows. Correct the scale in the label's "
                "coordinateTransformations, take it out of labels/, or leave all labels as they "
                "are (register_labels=False)"
            )
    if not placed:
        return label.pixel_size, ()
    sizes = tuple(placed.get(a, own) for a, own in zip(label.axes, label.pixel_size, strict=True))
    said = "gives no size" if assumed else f"says {_text({a: size[a] for a in placed})}"
    return sizes, (
        f"{path}: label '{name}' has as many pixels ({_text(here)}) as its whole image has "
        f"with {_text(placed)} micrometers along {', '.join(placed)}, but its metadata {said}: it "
        "is moved like the image. Correct the scale in its coordinateTransformations",
    )


def _reaches_out(label: Grid, image: Grid) -> bool:
    (here, size), (there, there_size) = _extent(label), _extent(image)
    return any((here[a] - 1) * size[a] > there[a] * there_size[a] for a in _PLANE)


def _extent(grid: Grid) -> tuple[_Numbers, _Sizes]:
    numbers = _levels(grid)[0]
    sizes = dict(zip(grid.axes, grid.pixel_size, strict=True))
    return numbers, {axis: sizes[axis] for axis in numbers}


def _levels(grid: Grid) -> list[_Numbers]:
    shapes = [dict(zip(grid.axes, shape, strict=True)) for shape in grid.shapes]
    return [{axis: shape[axis] for axis in SPACE if axis in shape} for shape in shapes]


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= _ALIKE * max(one, other)


def _text(along: _Numbers | _Sizes) -> str:
    return " x ".join(f"{along[axis]:g}" for axis in SPACE if axis in along)
