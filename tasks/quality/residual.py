"""What motion is left between two registered pictures, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.quality.floats import as_floats
from tasks.quality.slopes import Corners, Slopes, beyond, slopes_of, taper

SMALLEST_BLOCK = 24
"""Pixels: in less there is too little to tell a motion from noise."""

LARGEST_BLOCK = 128
BLOCKS_ACROSS = 6
"""Blocks along the shorter side, were there no overlap."""

OVERLAP = 0.3
"""Share of a block's side that its neighbour shares: of more, most tell the same once more."""

CLEAR = 4.5
"""Standard deviations that a peak must stand out of its correlation to count."""

LIKENESS = 0.3
"""Correlation that a block must reach at its peak: without it, the peak is one of noise."""

LIKE_AT_ONCE = 0.7
"""Correlation of two blocks from which on they are believed to show the same where they are."""

_STEPS = 6
_LONGEST_STEPS = (-2.0, 2.0)
_SETTLED = 0.75
"""Pixels: a step that is shorter needs no other; beyond a half, two pixels are equally near."""

_COUNTED = 2**13
"""Differences of neighbours that the noise is taken of: more say the same."""

_ABOVE_NOISE = 1.25
"""Times the noise by which a block must vary."""

_WHITENING = 0.5
"""Share of the spectrum's magnitude that is taken away: none blurs the peak, all lets noise in."""

Blocks = NDArray[np.float32]
"""Axes (block, y, x)."""


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


def residual_motion(reference: NDArray[Any], moving: NDArray[Any]) -> Residuals:
    """Return the motion left between two pictures of one region.

    Blocks that are alike where they lie tell it by their slopes. The motion of any other is the
    peak of its half-whitened cross-correlation (between plain and phase correlation: Foroosh et al.
    2002, doi 10.1109/83.988953), no farther than a quarter of the block, refined by the slopes
    there. Blocks without content, or whose peak does not stand out, are left out.

    Args:
        reference: Axes (y, x).
        moving: Axes (y, x), of the same shape.
    """
    side = block_side(reference.shape)
    if side is None:
        return Residuals(np.empty((0, 2)), np.empty((0, 2)), 0)
    raw = [as_floats(each) for each in (reference, moving)]
    corners = np.array(
        [(y, x) for y in _starts(raw[0].shape[0], side) for x in _starts(raw[0].shape[1], side)]
    )
    # Of noise, every second row says as much as all.
    first, second = (
        _have_content(_blocks(each, corners, side)[:, ::2], _noise(each)) for each in raw
    )
    blocks, corners = len(corners), corners[first & second]
    one, two = (slopes_of(each) for each in raw)
    motion = _at_once(one, two, corners, side)
    doubted = np.flatnonzero(~np.isfinite(motion).all(axis=1))
    peaks = _peaks(*(_blocks(each[0], corners[doubted], side) for each in (one, two)))
    motion[doubted] = _refined(one, two, corners[doubted], side, peaks)
    is_clear = np.isfinite(motion).all(axis=1)
    return Residuals(
        centre=corners[is_clear] + side / 2,
        motion=motion[is_clear],
        looked_at=len(corners),
        in_one_only=(int((first & ~second).sum()), int((second & ~first).sum())),
        blocks=blocks,
    )


def block_side(shape: tuple[int, ...]) -> int | None:
    """Return the side of the blocks that a picture (y, x) is parted into; None if too small."""
    shorter = min(shape)
    if shorter < SMALLEST_BLOCK:
        return None
    side = min(max(shorter // BLOCKS_ACROSS, 2 * SMALLEST_BLOCK), LARGEST_BLOCK, shorter)
    return side - side % 2


def _starts(pixels: int, side: int) -> list[int]:
    count = math.ceil((pixels - side) / (side * (1.0 - OVERLAP))) + 1
    return [int(n) for n in np.unique(np.linspace(0, pixels - side, count).round())]


def _blocks(pixels: NDArray[np.float32], corners: Corners, side: int) -> Blocks:
    """Return copies of the blocks that begin at these corners, axes (block, y, x)."""
    every = np.lib.stride_tricks.sliding_window_view(pixels, (side, side))
    return every[corners[:, 0], corners[:, 1]]


def _noise(pixels: NDArray[np.float32]) -> float:
    """Return the noise of a picture: from differences of neighbours, which smooth content lacks."""
    some = pixels[:: max(1, pixels.size // _COUNTED)]
    differences = np.abs(np.diff(some, axis=1))
    return float(np.median(differences) * 1.4826 / np.sqrt(2.0))


def _have_content(blocks: Blocks, noise: float) -> NDArray[np.bool_]:
    """Return which blocks vary by more than their picture's noise does."""
    spread = blocks.std(axis=(1, 2))
    has_content: NDArray[np.bool_] = (spread > 0) & (spread > _ABOVE_NOISE * noise)
    return has_content


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


def _at_once(one: Slopes, two: Slopes, corners: Corners, side: int) -> NDArray[np.float64]:
    """Return the motions of blocks that lie in their place and are much alike there; else NaN.

    Where all went right most blocks are, and no peak is looked for.
    """
    rest = beyond(one, two, (corners, corners), (side, side), likeness=LIKE_AT_ONCE)
    rest[~(np.abs(rest).max(axis=1, initial=0) <= _SETTLED)] = np.nan
    return rest


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
            is_settled = np.abs(rest).max(axis=1) <= _SETTLED
            found[same[is_settled]] = motion + rest[is_settled]
            goes_on = ~is_settled & np.isfinite(rest).all(axis=1)
            at[same[goes_on]] += np.rint(rest[goes_on]).astype(np.int_)
            left += same[goes_on].tolist()
        waiting = np.array(sorted(left), dtype=np.int_)
    return found
