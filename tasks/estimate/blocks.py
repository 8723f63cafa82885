"""Refine a shift at the pyramid level's own resolution, on the blocks that hold most content."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.overlap import Mask, overlap_slices
from tasks.estimate.prepare import Prepared, UnusableRegionError, prepare
from tasks.estimate.refine import refine

_SIDE = 256
"""Pixels along y and x of a block."""

_PIXELS = 2**20
"""Pixels to refine on; more would cost time and gain less than the image's own distortions."""


def refine_at_level(
    regions: tuple[NDArray[Any], NDArray[Any]],
    shift: NDArray[np.float64],
    *,
    factor: int,
    padding: Mask | None,
    lower_quantile: float,
    upper_quantile: float,
) -> NDArray[np.float64] | None:
    """Return a shift refined on full pixels, or None if it leads further than it may.

    Both regions are first cut to what they share: their backgrounds are then taken off alike.

    Args:
        regions: The region in the reference and in the moving acquisition, axes (z, y, x).
        shift: Where to start, in pixels, found on pixels `factor` times as large.
        factor: How uncertain the start is, in pixels; it may not lead further.
        padding: Where both regions hold no picture, on pixels `factor` times as large.
        lower_quantile: Darker pixels are set to this quantile of their block.
        upper_quantile: Brighter pixels are set to this quantile of their block.
    """
    reference, moving = regions
    whole = tuple(int(n) for n in np.rint(shift))
    here, there = overlap_slices(reference.shape, moving.shape, whole)
    pairs: list[tuple[Prepared, Prepared]] = []
    for block in _fullest(reference[here]):
        try:
            one, two = (
                prepare(
                    region[place][block],
                    lower_quantile=lower_quantile,
                    upper_quantile=upper_quantile,
                    factor=1,
                    padding=None
                    if padding is None
                    else _spread(padding, factor, region.shape)[place][block],
                )
                for region, place in ((reference, here), (moving, there))
            )
        except UnusableRegionError:
            continue
        pairs.append((one, two))
    if not pairs:
        return None
    rest = refine(pairs, shift - np.array(whole))
    if rest is None or np.max(abs((rest - (shift - whole))[1:])) > factor:
        return None
    return np.array(whole) + rest


def _spread(padding: Mask, factor: int, shape: tuple[int, ...]) -> Mask:
    full = np.ones(shape, bool)
    spread = padding.repeat(factor, axis=1).repeat(factor, axis=2)
    full[:, : spread.shape[1], : spread.shape[2]] = spread
    return full


def _fullest(region: NDArray[Any]) -> list[tuple[slice, slice, slice]]:
    """Return the blocks whose middle plane varies most, or all in one where it is small enough."""
    if region.size <= _PIXELS:
        return [(slice(None), slice(None), slice(None))]
    blocks = [
        (slice(None), slice(y, y + _SIDE), slice(x, x + _SIDE))
        for y in range(0, max(1, region.shape[1] - _SIDE + 1), _SIDE)
        for x in range(0, max(1, region.shape[2] - _SIDE + 1), _SIDE)
    ]
    middle = region[len(region) // 2 :][:1]
    content = [_variation(middle[block]) for block in blocks]
    order = np.argsort(content)[::-1]
    return [blocks[n] for n in order[: max(1, _PIXELS // (_SIDE**2 * len(region)))]]


def _variation(block: NDArray[Any]) -> float:
    values = block[np.isfinite(block)].astype(np.float32)
    return float(values.std()) if values.size else 0.0
