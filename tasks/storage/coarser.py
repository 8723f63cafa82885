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
from tasks.storage.codec_loss import codec_loss

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
        sample = coarse[_grid([axis.pixel for axis in taps], chunk)]
        folders = (staged / finer.path, staged / coarser.path)
        if not _agree(sample, fine, taps, folders):
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


def _agree(
    coarse: NDArray[Any], fine: NDArray[Any], taps: list[_Taps], arrays: tuple[Path, Path]
) -> bool:
    """Compare a sample; `fine` has, along each axis, the first taps and then the second ones."""
    dtype = coarse.dtype
    value = _reduced(fine, taps)
    if not any(axis.weight.any() for axis in taps):
        value = value.astype(dtype)
        if np.array_equal(coarse, value, equal_nan=dtype.kind in "fc"):
            return True
        off = 0.0
    elif dtype.kind == "b":
        # As SciPy casts: only a whole one is true.
        return bool(np.array_equal(coarse, value >= 1))
    else:
        off = _rounding(fine, dtype)
    if _is_close(coarse, value, off):
        return True
    # Both levels may have lost something, and the finer one after the coarser was made from it.
    loss = max(codec_loss(array, _as_pixels(value, dtype)) for array in arrays)
    return loss > 0 and _is_close(coarse, value, off + 2 * loss)


def _reduced(fine: NDArray[Any], taps: list[_Taps]) -> NDArray[Any]:
    """Return the weighted sums, corner after corner as SciPy adds them: one is a whole one."""
    if not any(axis.weight.any() for axis in taps):
        return fine[tuple(slice(0, len(axis.pixel)) for axis in taps)]
    total = np.zeros([len(axis.pixel) for axis in taps])
    corners = [(0, 1) if axis.weight.any() else (0,) for axis in taps]
    for corner in itertools.product(*corners):
        part = fine[
            tuple(
                slice(side * len(axis.pixel), (side + 1) * len(axis.pixel))
                for side, axis in zip(corner, taps, strict=True)
            )
        ].astype(np.float64)
        for number, (side, axis) in enumerate(zip(corner, taps, strict=True)):
            weight = axis.weight if side else 1 - axis.weight
            weight = weight.reshape([-1 if n == number else 1 for n in range(part.ndim)])
            # What has no weight does not count, not even where it is infinite.
            with np.errstate(invalid="ignore"):
                part = np.where(weight == 0, 0.0, part * weight)
        with np.errstate(invalid="ignore"):
            total += part
    return total


def _rounding(fine: NDArray[Any], dtype: np.dtype[Any]) -> float:
    """Return by how much a sum may be off that was made in another order."""
    finite = np.abs(fine[np.isfinite(fine)].astype(np.float64))
    largest = float(finite.max(initial=0.0))
    is_rounded = dtype.kind in "iu"
    precision = float(np.finfo(np.float64 if is_rounded else dtype).eps)
    return (0.5 if is_rounded else 0.0) + _ROUNDINGS * precision * largest


def _is_close(coarse: NDArray[Any], value: NDArray[Any], off: float) -> bool:
    found = coarse.astype(np.float64)
    expected = value.astype(np.float64)
    close = np.isclose(found, expected, rtol=0, atol=off, equal_nan=True)
    if coarse.dtype.kind == "f":
        # The largest numbers may be rounded up to infinity.
        limit = float(np.finfo(coarse.dtype).max) * (1 - float(np.finfo(coarse.dtype).eps) * 8)
        close |= (
            np.isinf(found) & (np.abs(expected) >= limit) & (np.sign(found) == np.sign(expected))
        )
    return bool(close.all())


def _as_pixels(value: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind not in "iu" or value.dtype.kind in "iu":
        return value.astype(dtype)
    bounds = np.iinfo(dtype)
    # A double cannot hold the largest 8-byte integers.
    low, high = float(bounds.min), float(np.nextafter(float(bounds.max), 0))
    return np.asarray(np.clip(np.rint(value), low, high), dtype=dtype)
