"""Refine a shift at the pyramid level's own resolution, on the blocks that hold most content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.overlap import Mask, overlap_slices
from tasks.estimate.precision import standard_error
from tasks.estimate.prepare import Prepared, UnusableRegionError, prepare
from tasks.estimate.refine import refine
from tasks.estimate.whiten import whiten

Block = tuple[slice, slice, slice]

_SIDE, _LEAST_SIDE = 256, 64
"""Pixels along y and x of a block; less where it has many planes."""

_FEW, _MOST = 2**17, 2**20
"""Pixels to refine on: at first, and where these leave a doubt. More would cost time and gain less
than the image's own distortions."""

_PRECISE = 0.1
"""Pixels of standard error with which few pixels are enough."""


@dataclass(frozen=True)
class Place:
    """A shift to a fraction of a pixel."""

    shift: NDArray[np.float64]
    """Pixels of the level, axes (z, y, x)."""
    error: float
    """Standard error along y or x, in pixels of the level."""


def refine_at_level(
    regions: tuple[NDArray[Any], NDArray[Any]],
    shift: NDArray[np.float64],
    *,
    most: float,
    hidden: tuple[Mask | None, Mask | None],
    lower_quantile: float,
    upper_quantile: float,
    white: bool = False,
) -> Place | None:
    """Return a shift refined on full pixels, or None if it leads further than it may.

    Both regions are first cut to what they share: their backgrounds are then taken off alike.

    Args:
        regions: The region in the reference and in the moving acquisition, axes (z, y, x).
        shift: Where to start, in pixels.
        most: How far it may lead along y and x, in pixels.
        hidden: Where each region holds no picture, at its own size; None: nowhere.
        lower_quantile: Darker pixels are set to this quantile of their block.
        upper_quantile: Brighter pixels are set to this quantile of their block.
        white: Whether the phase-only view of the blocks is refined on.
    """
    whole = tuple(int(n) for n in np.rint(shift))
    here, there = overlap_slices(regions[0].shape, regions[1].shape, whole)

    def ready(block: Block) -> tuple[Prepared, Prepared] | None:
        try:
            one, two = (
                prepare(
                    region[place][block],
                    lower_quantile=lower_quantile,
                    upper_quantile=upper_quantile,
                    factor=1,
                    padding=None if nowhere is None else nowhere[place][block],
                    is_part=True,
                )
                for region, nowhere, place in zip(regions, hidden, (here, there), strict=True)
            )
        except UnusableRegionError:
            return None
        return (whiten(one), whiten(two)) if white else (one, two)

    blocks = _fullest(regions[0][here], regions[1][there])
    pairs: list[tuple[Prepared, Prepared]] = []
    found: Place | None = None
    done = 0
    for enough in (_FEW, _MOST):
        wanted = blocks[: max(1, enough // max(1, regions[0][here][blocks[0]].size))]
        pairs += [pair for block in wanted[done:] if (pair := ready(block))]
        if not pairs or len(wanted) == done:
            break
        done = len(wanted)
        rest = refine(pairs, shift - np.array(whole))
        if rest is None or np.max(abs((rest.shift - (shift - whole))[1:])) > most:
            found = None
            continue
        found = Place(shift=np.array(whole) + rest.shift, error=standard_error(rest))
        if found.error < _PRECISE:
            break
    return found


def spread(padding: Mask, factor: int, shape: tuple[int, ...]) -> Mask:
    """Return a mask of averaged pixels on full pixels, of a region of this shape."""
    full = np.ones(shape, bool)
    wide = padding.repeat(factor, axis=1).repeat(factor, axis=2)
    full[:, : wide.shape[1], : wide.shape[2]] = wide
    return full


def _fullest(ours: NDArray[Any], theirs: NDArray[Any]) -> list[Block]:
    """Return the blocks whose middle plane varies most, or all in one where it is small enough."""
    if ours.size <= _FEW:
        return [(slice(None), slice(None), slice(None))]
    side = int(min(_SIDE, max(_LEAST_SIDE, np.sqrt(_SIDE**2 / len(ours)))))
    blocks = [
        (slice(None), slice(y, y + side), slice(x, x + side))
        for y in range(0, max(1, ours.shape[1] - side + 1), side)
        for x in range(0, max(1, ours.shape[2] - side + 1), side)
    ]
    content = [
        np.prod([_variation(region[len(region) // 2 :][:1][block]) for region in (ours, theirs)])
        for block in blocks
    ]
    order = np.argsort(content)[::-1]
    return [blocks[n] for n in order]


def _variation(block: NDArray[Any]) -> float:
    values = block.astype(np.float32)
    if not np.isfinite(values).all():
        values = values[np.isfinite(values)]
    return float(values.std()) if values.size else 0.0
