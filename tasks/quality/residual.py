"""What motion is left between two registered pictures, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.quality.floats import as_floats

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

_BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)

_STEPS = 6
_LONGEST_STEPS = (-2.0, 2.0)
_SETTLED = 0.75
"""Pixels: a step that is shorter needs no other; beyond a half, two pixels are equally near."""

_LARGEST_CONDITION = 1e3
"""Of a block's gradients: beyond it there is an edge along one direction only."""

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

    Each block's motion is the peak of its half-whitened cross-correlation, refined by a parabola
    (between plain and phase correlation: Foroosh et al. 2002, doi 10.1109/83.988953), no farther
    than a quarter of the block. Blocks without content, or whose peak does not stand out, are left
    out.

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
    first, second = (_have_content(_blocks(each, corners, side), _noise(each)) for each in raw)
    blocks, corners = len(corners), corners[first & second]
    one, two = (_blocks(_smoothed(each), corners, side) for each in raw)
    motion = _at_once(one, two)
    doubted = np.flatnonzero(~np.isfinite(motion).all(axis=1))
    one, two = one[doubted], two[doubted]
    motion[doubted] = _refined(one, two, _peaks(one, two))
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


def _blocks(pixels: NDArray[np.float32], corners: NDArray[np.int_], side: int) -> Blocks:
    """Return copies of the blocks that begin at these corners, axes (block, y, x)."""
    every = np.lib.stride_tricks.sliding_window_view(pixels, (side, side))
    return every[corners[:, 0], corners[:, 1]]


def _noise(pixels: NDArray[np.float32]) -> float:
    """Return the noise of a picture: from differences of neighbours, which smooth content lacks."""
    differences = np.abs(np.diff(pixels, axis=1))
    return float(np.median(differences) * 1.4826 / np.sqrt(2.0))


def _smoothed(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture smoothed a little: gradients of single pixels are those of noise."""
    for _ in range(2):
        # Along the rows of one picture, then, turned, along its columns.
        wide = np.pad(pixels, [(0, 0), (2, 2)], mode="edge")
        length = pixels.shape[1]
        smooth = _BINOMIAL[0] * wide[:, :length]
        for offset in range(1, len(_BINOMIAL)):
            smooth += _BINOMIAL[offset] * wide[:, offset : offset + length]
        pixels = np.ascontiguousarray(smooth.T)
    return pixels


def _have_content(blocks: Blocks, noise: float) -> NDArray[np.bool_]:
    """Return which blocks vary by more than their picture's noise does."""
    spread = blocks.std(axis=(1, 2))
    has_content: NDArray[np.bool_] = (spread > 0) & (spread > _ABOVE_NOISE * noise)
    return has_content


@lru_cache(maxsize=256)
def _window(shape: tuple[int, int]) -> NDArray[np.float32]:
    tapers = [np.hanning(pixels + 2)[1:-1] for pixels in shape]
    return np.outer(*tapers).astype(np.float32)


def _peaks(one: Blocks, two: Blocks) -> NDArray[np.float64]:
    """Return each pair's whole pixels y, x at the peak of its correlation; NaN where none is."""
    count, side, _ = one.shape
    peaks = np.full((count, 2), np.nan)
    if not count:
        return peaks
    taper = _window((side, side))
    spectra = [
        np.fft.rfft2((each - each.mean(axis=(1, 2), keepdims=True)) * taper) for each in (one, two)
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


def _at_once(one: Blocks, two: Blocks) -> NDArray[np.float64]:
    """Return the motions of blocks that lie in their place and are much alike there; else NaN.

    Where all went right most blocks are, and no peak is looked for.
    """
    rest = _beyond(one, two, LIKE_AT_ONCE)
    rest[~(np.abs(rest).max(axis=1, initial=0) <= _SETTLED)] = np.nan
    return rest


def _refined(one: Blocks, two: Blocks, peaks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the motions near the peaks; NaN where two blocks are unlike there, or never settle.

    The taper of the blocks draws peaks towards no motion, so that a far one is some pixels off.
    """
    found = np.full(peaks.shape, np.nan)
    waiting = np.flatnonzero(np.isfinite(peaks).all(axis=1))
    at = np.nan_to_num(peaks).astype(np.int_)
    for _ in range(_STEPS):
        waiting = waiting[np.abs(at[waiting]).max(axis=1, initial=0) <= one.shape[1] // 3]
        left: list[int] = []
        # Those at one motion share pixels of one shape: most do, where a picture is in its place.
        for dy, dx in np.unique(at[waiting], axis=0):
            same = waiting[(at[waiting] == (dy, dx)).all(axis=1)]
            rest = _beyond(*_overlap(one[same], two[same], dy, dx), LIKENESS).clip(*_LONGEST_STEPS)
            is_settled = np.abs(rest).max(axis=1) <= _SETTLED
            found[same[is_settled]] = (dy, dx) + rest[is_settled]
            goes_on = ~is_settled & np.isfinite(rest).all(axis=1)
            at[same[goes_on]] += np.rint(rest[goes_on]).astype(np.int_)
            left += same[goes_on].tolist()
        waiting = np.array(sorted(left), dtype=np.int_)
    return found


def _overlap(one: Blocks, two: Blocks, dy: int, dx: int) -> tuple[Blocks, Blocks]:
    """Return what blocks share, where the second's content lies (dy, dx) pixels beyond."""
    rows, columns = one.shape[1:]
    return (
        one[:, max(0, -dy) : rows - max(0, dy), max(0, -dx) : columns - max(0, dx)],
        two[:, max(0, dy) : rows - max(0, -dy), max(0, dx) : columns - max(0, -dx)],
    )


def _beyond(first: Blocks, second: Blocks, likeness: float) -> NDArray[np.float64]:
    """Return y, x, in pixels, by which each second block lies beyond its first; NaN if unlike.

    One step of Lucas and Kanade (1981), with the gradients of both.
    """
    found = np.full((len(first), 2), np.nan)
    a, b = (each - each.mean(axis=(1, 2), keepdims=True) for each in (first, second))
    squares = [np.einsum("nyx,nyx->n", each, each) for each in (a, b)]
    length = np.sqrt(squares[0] * squares[1])
    is_like = (length > 0) & (np.einsum("nyx,nyx->n", a, b) >= likeness * length)
    a, b = a[is_like], b[is_like]
    # The two may differ in brightness.
    b *= np.sqrt(squares[0][is_like] / squares[1][is_like])[:, None, None]
    down, right = np.gradient((a + b) / 2, axis=(1, 2))
    taper = _window(first.shape[1:])
    weighted = (down * taper, right * taper)
    normal = np.array(
        [[np.einsum("nyx,nyx->n", w, g) for g in (down, right)] for w in weighted], float
    ).transpose(2, 0, 1)
    aim = np.array([np.einsum("nyx,nyx->n", w, a - b) for w in weighted], float).T
    smaller, larger = np.linalg.eigvalsh(normal).T
    is_told = smaller * _LARGEST_CONDITION >= larger
    is_told &= larger > 0
    steps = np.linalg.solve(normal[is_told], aim[is_told][:, :, None])[:, :, 0]
    found[np.flatnonzero(is_like)[is_told]] = steps
    return found
