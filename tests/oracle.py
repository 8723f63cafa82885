"""What registering one image must give, worked out a second time by plain slicing.

Nothing of the project is used here. Whole arrays are in memory, coarser levels are ngio's own
`numpy_zoom` of the whole level above. Coordinates are micrometers (seconds for t), half-open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from ngio.common._zoom import numpy_zoom

from tests.plate_pixels import Array
from tests.plate_tables import Box

Resampling = Literal["linear", "nearest"]

_SNAP = 0.01
"""As in ngio's `world_to_pixel`: a position this close to a whole pixel is that pixel."""

_EXACT_INTEGER = 2**53
"""From here on float64, in which ngio resamples, no longer holds every whole number."""


def expected_levels(
    source: Array,
    *,
    axes: str,
    pixel_size: Mapping[str, float],
    reference: Mapping[str, Box],
    acquisition: Mapping[str, Box],
    level_shapes: Sequence[Sequence[int]],
    resampling: Resampling,
) -> list[Array]:
    """Return every level of the registered image or label, finest first.

    Args:
        source: The finest level of the acquisition.
        axes: Its axes, in array order.
        pixel_size: Per axis; an axis left out has size 1.
        reference: Regions of the reference, in the order of its table.
        acquisition: The same regions in the acquisition, in any order.
        level_shapes: Shape of each level, finest first.
        resampling: How a coarser level comes from the one above.
    """
    levels = [
        expected_finest(
            source,
            axes=axes,
            pixel_size=pixel_size,
            reference=reference,
            acquisition=acquisition,
        )
    ]
    for shape in level_shapes[1:]:
        levels.append(coarser(levels[-1], tuple(shape), resampling))
    return levels


def expected_finest(
    source: Array,
    *,
    axes: str,
    pixel_size: Mapping[str, float],
    reference: Mapping[str, Box],
    acquisition: Mapping[str, Box],
) -> Array:
    """Return the finest level: each region's pixels where the reference has it, 0 elsewhere."""
    result = np.zeros_like(source)
    for name, box in reference.items():
        reads, writes = [], []
        for axis, size in zip(axes, source.shape, strict=True):
            read, write = windows(
                box.get(axis), acquisition[name].get(axis), pixel_size.get(axis, 1.0), size
            )
            reads.append(read)
            writes.append(write)
        result[tuple(writes)] = source[tuple(reads)]
    return result


def windows(
    reference: tuple[float, float] | None,
    acquisition: tuple[float, float] | None,
    pixel_size: float,
    size: int,
) -> tuple[slice, slice]:
    """Return where a region is read and where it is written along one axis of `size` pixels.

    The target is the reference's region rounded outward, as ngio reads it; the shift is rounded
    once; both are cut to the image together. A region that does not name the axis covers it.
    """
    if reference is None or acquisition is None:
        return slice(0, size), slice(0, size)
    start = _to_pixels(reference[0], pixel_size)
    first, last = math.floor(start), math.ceil(start + _to_pixels(reference[1], pixel_size))
    shift = math.floor((acquisition[0] - reference[0]) / pixel_size + 0.5)
    first, last = max(first, 0, -shift), min(last, size, size - shift)
    if last <= first:
        return slice(0, 0), slice(0, 0)
    return slice(first + shift, last + shift), slice(first, last)


def coarser(level: Array, shape: tuple[int, ...], resampling: Resampling) -> Array:
    """Return the next level as ngio's `consolidate(mode="numpy")` computes it.

    Two things we do otherwise, on purpose. Nearest neighbours of whole numbers beyond 2**53 are
    taken as they are: ngio sends them through float64, which changes object numbers. And a missing
    (NaN) or infinite pixel counts only where its weight is not zero: SciPy multiplies it by zero.
    """
    beyond = level.dtype.kind in "iu" and (level > _EXACT_INTEGER).any()
    if resampling == "nearest" and beyond:
        return level[np.ix_(*(_neighbours(a, b) for a, b in zip(level.shape, shape, strict=True)))]
    if resampling == "linear" and level.dtype.kind == "f" and not np.isfinite(level).all():
        return _linear_where_weighted(level, shape)
    return numpy_zoom(level, target_shape=shape, order=resampling)


def _neighbours(size: int, coarse_size: int) -> Array:
    # Which pixels ngio takes along one axis: it is asked to resample the pixels' own numbers.
    numbers = np.repeat(np.arange(size)[np.newaxis], 2, axis=0)
    return numpy_zoom(numbers, target_shape=(2, coarse_size), order="nearest")[0]


def _linear_where_weighted(level: Array, shape: tuple[int, ...]) -> Array:
    def weight(mask: Array) -> Array:
        return numpy_zoom(mask.astype(np.float64), target_shape=shape, order="linear")

    finite = np.where(np.isfinite(level), level, np.zeros((), dtype=level.dtype))
    result = numpy_zoom(finite, target_shape=shape, order="linear")
    rises, falls = weight(np.isposinf(level)) > 0, weight(np.isneginf(level)) > 0
    result[rises], result[falls] = np.inf, -np.inf
    result[(rises & falls) | (weight(np.isnan(level)) > 0)] = np.nan
    return result


def _to_pixels(length: float, pixel_size: float) -> float:
    pixels = length / pixel_size
    whole = round(pixels)
    return whole if abs(whole - pixels) < _SNAP else pixels
