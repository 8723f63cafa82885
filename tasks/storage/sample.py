"""Read back a few chunks of every staged level, and compare the finest with the source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window
from tasks.storage.between import holds_interpolated

_SAMPLES = 4
"""Chunks per level; a wrong shift shows in any one of them."""

PixelArray = zarr.Array[Any]


def sample_differences(pyramid: Pyramid, source: Path, staged: Path) -> list[str]:
    """Return what is wrong in a sample of chunks of a shifted pyramid; empty if nothing is.

    Finest level: chunks in the middle of the first, last and some other targets must hold the
    source's pixels where the plan puts them, interpolated as the plan says. Coarser levels: the
    middle chunk must decode.

    Args:
        pyramid: The image or a label, with shifts.
        source: Root folder of the source image.
        staged: Root folder of the staged image.
    """
    found = []
    finest = pyramid.levels[0]
    old, new = _open(source / finest.path), _open(staged / finest.path)
    for window in _windows(pyramid.shifts, finest):
        if not _is_right(new, old, pyramid, window):
            found.append(
                f"array {finest.path}: pixels from {window.start} to {window.stop} are not those "
                "of the source"
            )
    for level in pyramid.levels[1:]:
        middle = tuple(size // 2 for size in level.shape)
        _open(staged / level.path)[_chunk_around(middle, level).slices]
    return found


def _is_right(new: PixelArray, old: PixelArray, pyramid: Pyramid, window: Window) -> bool:
    if pyramid.interpolation != "none":
        return holds_interpolated(new, old, pyramid, window)
    expected = _expected(old, pyramid.shifts, window)
    may_hold_nan = expected.dtype.kind in "fc"
    return np.array_equal(new[window.slices], expected, equal_nan=may_hold_nan)


def _open(path: Path) -> PixelArray:
    return zarr.open_array(path, mode="r")


def _windows(shifts: tuple[Shift, ...], level: Level) -> list[Window]:
    moved = [shift for shift in shifts if not shift.target.is_empty]
    count = min(_SAMPLES, len(moved))
    chosen = {round(n * (len(moved) - 1) / max(1, count - 1)) for n in range(count)}
    corner = _chunk_around((0,) * len(level.shape), level)
    return list(dict.fromkeys([corner, *(_middle(moved[n], level) for n in sorted(chosen))]))


def _middle(shift: Shift, level: Level) -> Window:
    """Return pixels in the middle of a target that lie in one chunk here and one in the source.

    So that looking at them decodes two chunks, not the five that a shifted chunk may touch.
    """
    target = shift.target
    pixel = tuple((a + b) // 2 for a, b in zip(target.start, target.stop, strict=True))
    origin = tuple(p - step for p, step in zip(pixel, shift.offset, strict=True))
    landed = _chunk_around(origin, level).moved_by(shift.offset)
    return _chunk_around(pixel, level).clipped_to(landed)


def _chunk_around(pixel: tuple[int, ...], level: Level) -> Window:
    start = tuple(p // size * size for p, size in zip(pixel, level.chunks, strict=True))
    stop = tuple(
        min(first + size, end)
        for first, size, end in zip(start, level.chunks, level.shape, strict=True)
    )
    return Window(start=start, stop=stop)


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
