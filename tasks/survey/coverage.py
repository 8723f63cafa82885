"""How much of an image its regions keep, by area and by content: a wrong unit shows in both."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.plan.errors import InvalidInputError
from tasks.plan.kept import Kept
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.rounding import SPACE
from tasks.plan.window import Window
from tasks.plan.wording import percent
from tasks.survey.level_array import open_level_array

_CELLS = 2**20
"""The image is divided into at most so many cells, each kept or not: memory stays bounded."""

_PIXELS = 2**22
"""At most so many pixels of the coarsest level are looked at, in chunks spread over it."""

_HALF = 0.5

# A damaged chunk of a coarser level does no harm: the level is made anew.
_UNREADABLE = (ValueError, RuntimeError, TypeError, IndexError, EOFError, OSError, zlib.error)

Mask = npt.NDArray[np.bool_]


def measure_kept(image: Path, pyramid: Pyramid) -> Kept:
    """Return how much of an image is still there once its regions have moved.

    A pixel is kept where a region takes it and no later region is put over it. Content are the
    pixels of the coarsest level that are not zero, in all channels and at all times.

    Args:
        image: Root folder of the image.
        pyramid: Its pyramid, with shifts.
    """
    axes = [n for n, axis in enumerate(pyramid.axes) if axis in SPACE]
    shape = [pyramid.levels[0].shape[n] for n in axes]
    cells = _grid(shape)
    kept = _kept_cells(pyramid, axes, cells)
    coarsest = pyramid.levels[-1]
    share = _share_of_pixels(kept, [coarsest.shape[n] for n in axes])
    inside, total = 0.0, 0
    for window, pixels in _samples(image, coarsest):
        others = tuple(n for n in range(pixels.ndim) if n not in axes)
        content = np.count_nonzero(_content(pixels), axis=others)
        there = share[
            np.ix_(
                *(
                    np.arange(window.start[axis], window.stop[axis]) * count // coarsest.shape[axis]
                    for axis, count in zip(axes, share.shape, strict=True)
                )
            )
        ]
        total += int(content.sum())
        inside += float((content * there).sum())
    return Kept(area=float(kept.mean()), content=inside / total if total else None)


def judge_kept(image: Path, pyramid: Pyramid, kept: Kept, min_covered: float) -> tuple[str, ...]:
    """Return a warning where less than half of an image is kept.

    Judged is its content; an image without any by its area.

    Args:
        image: The image.
        pyramid: Its pyramid, for the pixel size.
        kept: What its regions keep.
        min_covered: Share below which it is refused.

    Raises:
        InvalidInputError: Less than `min_covered` is kept.
    """
    share = kept.share
    if share >= max(_HALF, min_covered):
        return ()
    sizes = ", ".join(
        f"{axis} {size:g}"
        for axis, size in zip(pyramid.axes, pyramid.pixel_size, strict=True)
        if axis in SPACE
    )
    said = f"{image}: its regions keep {kept}; the rest becomes 0"
    if share < min_covered:
        raise InvalidInputError(
            f"{said}. Less than {percent(min_covered)} is refused: are the regions of the table in "
            f"micrometers, and is a pixel {sizes} micrometers? Correct them, or lower min_covered "
            "if so little is meant to be kept"
        )
    return (said,)


def _grid(shape: Sequence[int]) -> tuple[int, ...]:
    """Return into how many cells each axis is divided: pixels themselves, where they are few."""
    *planes, height, width = shape
    factor = max(1, math.ceil(math.sqrt(math.prod(shape) / _CELLS)))
    cells = (*planes, math.ceil(height / factor), math.ceil(width / factor))
    if math.prod(cells) > _CELLS:
        # Very many planes of very small size.
        cells = (max(1, _CELLS // (cells[-2] * cells[-1])), *cells[-2:])
    return cells


def _kept_cells(pyramid: Pyramid, axes: Sequence[int], cells: tuple[int, ...]) -> Mask:
    shape = [pyramid.levels[0].shape[n] for n in axes]

    def scaled(pixels: Sequence[int]) -> tuple[int, ...]:
        return tuple(
            round(pixels[axis] * count / size)
            for axis, count, size in zip(axes, cells, shape, strict=True)
        )

    owner = np.full(cells, -1, dtype=np.int32)
    for number, shift in enumerate(pyramid.shifts):
        owner[_box(scaled(shift.target.start), scaled(shift.target.stop))] = number
    kept = np.zeros(cells, dtype=np.bool_)
    for number, shift in enumerate(pyramid.shifts):
        visible = owner[_box(scaled(shift.target.start), scaled(shift.target.stop))] == number
        start = scaled(shift.source.start)
        part = kept[_box(start, [a + n for a, n in zip(start, visible.shape, strict=True)])]
        part |= visible[tuple(slice(n) for n in part.shape)]
    return kept


def _share_of_pixels(kept: Mask, shape: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return what part of each pixel of a coarse level is kept; of no more pixels than cells.

    Pyramids of small images end in a few pixels, each larger than what is cut off at a border.
    """
    share = kept.astype(np.float64)
    for axis, pixels in enumerate(shape):
        count = share.shape[axis]
        if pixels < count:
            first = np.arange(pixels) * count // pixels
            widths = np.diff(first, append=count)
            along = [-1 if n == axis else 1 for n in range(share.ndim)]
            share = np.add.reduceat(share, first, axis=axis) / widths.reshape(along)
    return share


def _box(start: Sequence[int], stop: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(a, b) for a, b in zip(start, stop, strict=True))


def _content(pixels: npt.NDArray[Any]) -> Mask:
    found: Mask = pixels != 0
    return found & ~np.isnan(pixels) if pixels.dtype.kind == "f" else found


def _samples(image: Path, level: Level) -> Iterator[tuple[Window, npt.NDArray[Any]]]:
    array = open_level_array(image, level.path)
    counts = [math.ceil(n / chunk) for n, chunk in zip(level.shape, level.chunks, strict=True)]
    total = math.prod(counts)
    wanted = min(total, max(1, _PIXELS // math.prod(level.chunks)))
    for number in range(wanted):
        index = np.unravel_index(number * total // wanted, counts)
        start = tuple(int(n) * chunk for n, chunk in zip(index, level.chunks, strict=True))
        stop = tuple(
            min(a + chunk, end)
            for a, chunk, end in zip(start, level.chunks, level.shape, strict=True)
        )
        window = Window(start=start, stop=stop)
        try:
            yield window, np.asarray(array[window.slices])
        except _UNREADABLE:
            continue
