"""Compare sampled pixels of each coarser level with what the next finer one reduces to.

It is worked out here once more, from the definition of a pyramid alone: what made the levels cannot
vouch for them.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Window

_POSITIONS = 32
"""Pixels compared along each axis of a chunk, evenly spread."""
_ROUNDINGS = 8
"""How many times the rounding of one number of its type a sum may be off."""


class _Taps(NamedTuple):
    """Pixels along one axis of a coarser level, and the finer pixels that each is made from."""

    pixel: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    weight: NDArray[np.float64]
    """Of the second."""


def coarse_differences(pyramid: Pyramid, staged: Path, pixel: tuple[int, ...]) -> list[str]:
    """Return which levels do not hold what the next finer one reduces to, around one pixel.

    Of every level one chunk is decoded, a few more where a pixel is made from several chunks.

    Args:
        pyramid: The image or a label.
        staged: Root folder of the staged image.
        pixel: A pixel of the finest level; looked at is the chunk around it on every level.
    """
    if len(pyramid.levels) == 1:
        return []
    found = []
    held = chunk_around(pixel, pyramid.levels[0])
    pixels = _read(staged, pyramid.levels[0], held)
    for finer, coarser in itertools.pairwise(pyramid.levels):
        sizes = list(zip(finer.shape, coarser.shape, strict=True))
        pixel = tuple(p * small // large for p, (large, small) in zip(pixel, sizes, strict=True))
        chunk = chunk_around(pixel, coarser)
        coarse = _read(staged, coarser, chunk)
        taps = [
            _chosen(_taps(np.arange(a, b), large / small, pyramid.resampling), p, low, high)
            for p, (large, small), a, b, low, high in zip(
                pixel, sizes, chunk.start, chunk.stop, held.start, held.stop, strict=True
            )
        ]
        needed = Window(
            start=tuple(int(axis.first[0]) for axis in taps),
            stop=tuple(int(axis.second[-1]) + 1 for axis in taps),
        )
        if needed.clipped_to(held) != needed:
            held, pixels = needed, _read(staged, finer, needed)
        fine = pixels[_grid([np.append(axis.first, axis.second) for axis in taps], held)]
        if not _agree(coarse[_grid([axis.pixel for axis in taps], chunk)], fine, taps):
            found.append(
                f"array {coarser.path}: pixels from {chunk.start} to {chunk.stop} are not what "
                f"array {finer.path} reduces to"
            )
        held, pixels = chunk, coarse
    return found


def chunk_around(pixel: tuple[int, ...], level: Level) -> Window:
    """Return the window of the chunk that holds a pixel of a level."""
    start = tuple(p // size * size for p, size in zip(pixel, level.chunks, strict=True))
    stop = tuple(
        min(first + size, end)
        for first, size, end in zip(start, level.chunks, level.shape, strict=True)
    )
    return Window(start=start, stop=stop)


def _read(staged: Path, level: Level, window: Window) -> NDArray[Any]:
    return np.asarray(zarr.open_array(staged / level.path, mode="r")[window.slices])


def _grid(pixels: list[NDArray[np.intp]], window: Window) -> tuple[NDArray[np.intp], ...]:
    """Return an index that selects those pixels of each axis from a window's array."""
    return np.ix_(*(axis - a for axis, a in zip(pixels, window.start, strict=True)))


def _chosen(taps: _Taps, pixel: int, low: int, high: int) -> _Taps:
    """Choose pixels that are made from the finer pixels `low` to `high`; else the one asked for."""
    (inside,) = np.nonzero((taps.first >= low) & (taps.second < high))
    if not inside.size:
        (inside,) = np.nonzero(taps.pixel == pixel)
    spread = np.linspace(0, inside.size - 1, min(_POSITIONS, inside.size)).astype(np.intp)
    chosen = inside[spread]
    return _Taps(taps.pixel[chosen], taps.first[chosen], taps.second[chosen], taps.weight[chosen])


def _taps(pixel: NDArray[np.intp], ratio: float, resampling: str) -> _Taps:
    """Return what pixels of an axis are made from that shrinks by a ratio of at least 1."""
    centers = (pixel + 0.5) * ratio - 0.5
    if resampling == "nearest":
        index = np.floor(centers + 0.5).astype(np.intp)
        return _Taps(pixel, index, index, np.zeros(len(index)))
    first = np.floor(centers).astype(np.intp)
    weight = centers - first
    second = np.where(weight > 0, first + 1, first)
    return _Taps(pixel, first, second, weight)


def _agree(coarse: NDArray[Any], fine: NDArray[Any], taps: list[_Taps]) -> bool:
    """Compare a sample; `fine` has, along each axis, the first taps and then the second ones."""
    dtype = coarse.dtype
    is_exact = not any(axis.weight.any() for axis in taps)
    value = fine if is_exact else fine.astype(np.result_type(dtype, np.float64))
    for number, axis in enumerate(taps):
        first, second = np.split(value, 2, axis=number)
        if not axis.weight.any():
            value = first
            continue
        weight = axis.weight.reshape([-1 if n == number else 1 for n in range(value.ndim)])
        # What has no weight does not count, not even where it is infinite.
        with np.errstate(invalid="ignore"):
            value = np.where(weight == 0, first, first * (1 - weight) + second * weight)
    if is_exact:
        return bool(np.array_equal(coarse, value, equal_nan=dtype.kind in "fc"))
    if dtype.kind == "b":
        return bool(np.array_equal(coarse, value >= 1))
    finite = np.abs(fine[np.isfinite(fine)].astype(value.dtype))
    largest = float(finite.max()) if finite.size else 0.0
    is_rounded = dtype.kind in "iu"
    precision = float(np.finfo(np.float64 if is_rounded else dtype).eps)
    off = (0.5 if is_rounded else 0.0) + _ROUNDINGS * precision * largest
    return bool(np.allclose(coarse.astype(value.dtype), value, rtol=0, atol=off, equal_nan=True))
