"""What motion is left between two registered pictures, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.quality.blocks import Blocks, block_side, blocks_at, corners_of, have_content
from tasks.quality.common_motion import common_motion, shared
from tasks.quality.floats import as_floats
from tasks.quality.slopes import SETTLED, Corners, Slopes, beyond, slopes_of, taper

CLEAR = 4.5
"""Standard deviations that a peak must stand out of its correlation to count."""

LIKENESS = 0.3
"""Correlation that a block must reach at its peak: without it, the peak is one of noise."""

LIKE_AT_ONCE = 0.7
"""Correlation of two blocks from which on they are believed to show the same where they are."""

_STEPS = 6
_LONGEST_STEPS = (-2.0, 2.0)
_WHITENING = 0.5
"""Share of the spectrum's magnitude that is taken away: none blurs the peak, all lets noise in."""


@dataclass(frozen=True)
class Residuals:
    """The motion left in the blocks that show one; arrays of one entry a block, in pixels."""

    centre: NDArray[np.float64]
    """(n, 2): y, x of each block's centre in the picture."""
    motion: NDArray[np.float64]
    """(n, 2): y, x by which the moving picture's content lies beyond the reference's."""
    looked_at: int
    """Blocks that have content in both pictures, whether or not a motion was found."""
    in_one_only: tuple[int, int] = (0, 0)
    """Blocks that have content in the reference only, and in the moving picture only."""
    blocks: int = 0
    """All blocks, also those without content."""


def motion_left(reference: NDArray[Any], moving: NDArray[Any]) -> Residuals:
    """Return the motion left between two pictures of one region, however far it is.

    Args:
        reference: Axes (y, x).
        moving: Axes (y, x), of the same shape.
    """
    dy, dx = common_motion(reference, moving)
    left = residual_motion(shared(reference, dy, dx), shared(moving, -dy, -dx))
    # The blocks are those of what both show, in the reference's own coordinates.
    return Residuals(
        np.add(left.centre, (max(0, -dy), max(0, -dx))),
        np.add(left.motion, (dy, dx)),
        left.looked_at,
        left.in_one_only,
        left.blocks,
    )


def residual_motion(reference: NDArray[Any], moving: NDArray[Any]) -> Residuals:
    """Return the motion left between two pictures of one region that lie about in their place.

    Blocks that are alike where they lie tell it by their slopes. The motion of any other is the
    peak of its half-whitened cross-correlation (between plain and phase correlation: Foroosh et al.
    2002, doi 10.1109/83.988953), no farther than a quarter of the block, refined by the slopes
    there. Blocks without content, or whose peak does not stand out, are left out.

    Args:
        reference: Axes (y, x).
        moving: Axes (y, x), of the same shape.
    """
    one, two = as_floats(reference), as_floats(moving)
    side = block_side(one.shape)
    if side is None:
        return Residuals(np.empty((0, 2)), np.empty((0, 2)), 0)
    every = corners_of(one.shape, side)
    first, second = (have_content(each, side) for each in (one, two))
    corners = every[first & second]
    slopes = slopes_of(one), slopes_of(two)
    # Where all went right most blocks are in their place, and no peak is looked for.
    motion = beyond(*slopes, (corners, corners), (side, side), likeness=LIKE_AT_ONCE)
    doubted = np.flatnonzero(~(np.abs(motion).max(axis=1, initial=0) <= SETTLED))
    if len(doubted):
        peaks = _peaks(*(blocks_at(corners[doubted], each[0], side) for each in slopes))
        motion[doubted] = _refined(*slopes, corners[doubted], side, peaks)
    is_clear = np.isfinite(motion).all(axis=1)
    return Residuals(
        centre=np.add(corners[is_clear], side / 2, dtype=np.float64),
        motion=motion[is_clear],
        looked_at=len(corners),
        in_one_only=(int((first & ~second).sum()), int((second & ~first).sum())),
        blocks=len(every),
    )


def _peaks(one: Blocks, two: Blocks) -> NDArray[np.float64]:
    """Return each pair's whole pixels y, x at the peak of its correlation; NaN where none is."""
    count, side, _ = one.shape
    peaks = np.full((count, 2), np.nan)
    if not count:
        return peaks
    tapered = taper((side, side))
    spectra = [
        np.fft.rfft2((each - each.mean(axis=(1, 2), keepdims=True)) * tapered)
        for each in (one, two)
    ]
    product = spectra[1] * np.conj(spectra[0])
    magnitude = np.abs(product)
    largest = magnitude.max(axis=(1, 2), keepdims=True)
    # Of blocks that have content the largest is no zero.
    product /= np.maximum(magnitude, 1e-12 * largest) ** _WHITENING
    surface = np.fft.irfft2(product, s=(side, side))
    reach = side // 4
    around = np.r_[-reach : reach + 1]
    near = surface[:, around[:, None], around[None, :]]
    top = near.reshape(count, -1).argmax(axis=1)
    row, column = np.divmod(top, 2 * reach + 1)
    is_inside = (row > 0) & (row < 2 * reach) & (column > 0) & (column < 2 * reach)
    height = near.reshape(count, -1)[np.arange(count), top]
    is_clear = is_inside & (height >= CLEAR * surface.std(axis=(1, 2)))
    peaks[is_clear] = np.stack([row, column], axis=1)[is_clear] - reach
    return peaks


def _refined(
    one: Slopes, two: Slopes, corners: Corners, side: int, peaks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the motions near the peaks; NaN where two blocks are unlike there, or never settle.

    The taper of the blocks draws peaks towards no motion, so that a far one is some pixels off.
    """
    found = np.full(peaks.shape, np.nan)
    waiting = np.flatnonzero(np.isfinite(peaks).all(axis=1))
    at = np.nan_to_num(peaks).astype(np.int_)
    for _ in range(_STEPS):
        waiting = waiting[np.abs(at[waiting]).max(axis=1, initial=0) <= side // 3]
        left: list[int] = []
        # Those at one motion share pixels of one shape: most do, where a picture is in its place.
        for motion in np.unique(at[waiting], axis=0):
            same = waiting[(at[waiting] == motion).all(axis=1)]
            # What the two blocks share, where the second's content lies this far beyond.
            first = corners[same] + np.maximum(0, -motion)
            dy, dx = np.abs(motion)
            shape = (side - int(dy), side - int(dx))
            places = first, first + motion
            rest = beyond(one, two, places, shape, likeness=LIKENESS).clip(*_LONGEST_STEPS)
            is_settled = np.abs(rest).max(axis=1) <= SETTLED
            found[same[is_settled]] = motion + rest[is_settled]
            goes_on = ~is_settled & np.isfinite(rest).all(axis=1)
            at[same[goes_on]] += np.rint(rest[goes_on]).astype(np.int_)
            left += same[goes_on].tolist()
        waiting = np.array(sorted(left), dtype=np.int_)
    return found
