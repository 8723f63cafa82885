"""Read back a few chunks of every staged level, and compare them with what they are made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window
from tasks.storage.between import holds_interpolated
from tasks.storage.coarser import chunk_around, coarse_differences
from tasks.storage.codec_loss import codec_loss

_SAMPLES = 4
"""Chunks of the finest level; a wrong shift shows in any one of them."""

PixelArray = zarr.Array[Any]


def sample_differences(pyramid: Pyramid, source: Path, staged: Path) -> list[str]:
    """Return what is wrong in a sample of chunks of a shifted pyramid; empty if nothing is.

    Finest level: chunks in the middle of the first, last and some other targets must hold the
    source's pixels where the plan puts them, interpolated as the plan says. Coarser levels: pixels
    of the chunk in the middle of one target, of a region that moves, must be what the next finer
    level reduces to.

    Args:
        pyramid: The image or a label, with shifts.
        source: Root folder of the source image.
        staged: Root folder of the staged image.
    """
    found = []
    finest = pyramid.levels[0]
    old, new = _open(source / finest.path), _open(staged / finest.path)
    for window in _windows(pyramid.shifts, finest):
        if not _is_right(new, old, pyramid, window, staged / finest.path):
            found.append(
                f"array {finest.path}: pixels from {window.start} to {window.stop} are not those "
                "of the source"
            )
    return found + coarse_differences(pyramid, staged, _telling_pixel(pyramid))


def _is_right(
    new: PixelArray, old: PixelArray, pyramid: Pyramid, window: Window, folder: Path
) -> bool:
    if pyramid.interpolation != "none":
        return holds_interpolated(new, old, pyramid, window, folder)
    found = np.asarray(new[window.slices])
    expected = _expected(old, pyramid.shifts, window)
    if np.array_equal(found, expected, equal_nan=expected.dtype.kind in "fc"):
        return True
    loss = codec_loss(folder, expected)
    return loss > 0 and np.allclose(
        found.astype(np.float64), expected.astype(np.float64), rtol=0, atol=loss, equal_nan=True
    )


def _open(path: Path) -> PixelArray:
    return zarr.open_array(path, mode="r")


def _windows(shifts: tuple[Shift, ...], level: Level) -> list[Window]:
    landed = _landed(shifts)
    count = min(_SAMPLES, len(landed))
    chosen = {round(n * (len(landed) - 1) / max(1, count - 1)) for n in range(count)}
    corner = chunk_around((0,) * len(level.shape), level)
    return list(dict.fromkeys([corner, *(_middle(landed[n], level) for n in sorted(chosen))]))


def _middle(shift: Shift, level: Level) -> Window:
    """Return pixels in the middle of a target that lie in one chunk here and one in the source.

    So that looking at them decodes two chunks, not the five that a shifted chunk may touch.
    """
    pixel = _center(shift.target)
    origin = tuple(p - step for p, step in zip(pixel, shift.offset, strict=True))
    landed = chunk_around(origin, level).moved_by(shift.offset)
    return chunk_around(pixel, level).clipped_to(landed)


def _telling_pixel(pyramid: Pyramid) -> tuple[int, ...]:
    """Return a pixel around which levels of the source would be wrong, where there is one."""
    landed = _landed(pyramid.shifts)
    moved = [shift for shift in landed if not shift.is_identity] or landed
    if not moved:
        return (0,) * len(pyramid.axes)
    return _center(moved[len(moved) // 2].target)


def _landed(shifts: tuple[Shift, ...]) -> list[Shift]:
    return [shift for shift in shifts if not shift.target.is_empty]


def _center(window: Window) -> tuple[int, ...]:
    return tuple((a + b) // 2 for a, b in zip(window.start, window.stop, strict=True))


def _expected(source: PixelArray, shifts: tuple[Shift, ...], window: Window) -> NDArray[Any]:
    pixels = np.zeros(window.shape, dtype=source.dtype)
    to_window = tuple(-first for first in window.start)
    for shift in shifts:
        landed = shift.target.clipped_to(window)
        if landed.is_empty:
            continue
        read = landed.moved_by(tuple(-step for step in shift.offset))
        pixels[landed.moved_by(to_window).slices] = source[read.slices]
    return pixels
