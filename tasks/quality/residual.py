"""What motion is left between two registered pictures, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST_BLOCK = 24
"""Pixels: in less there is too little to tell a motion from noise."""

LARGEST_BLOCK = 128
BLOCKS_ACROSS = 6
"""Blocks along the shorter side, half overlapping blocks not counted."""

CLEAR = 4.5
"""Standard deviations that a peak must stand out of its correlation to count."""

LIKENESS = 0.3
"""Correlation that a block must reach at its peak: without it, the peak is one of noise."""

_BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / np.float32(16)

_STEPS = 6
_LONGEST_STEP = 2.0
_SETTLED = 0.75
"""Pixels: a step that is shorter needs no other; beyond a half, two pixels are equally near."""

_LARGEST_CONDITION = 1e3
"""Of a block's gradients: beyond it there is an edge along one direction only."""

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
    raw = [np.nan_to_num(each.astype(np.float32)) for each in (reference, moving)]
    floors = [_noise(each) for each in raw]
    one, two = (_smoothed(each) for each in raw)
    centres, motions, looked_at = [], [], 0
    for y in _starts(one.shape[0], side):
        for x in _starts(one.shape[1], side):
            box = (slice(y, y + side), slice(x, x + side))
            blocks = [each[box] for each in raw]
            if not all(_has_content(p, floor) for p, floor in zip(blocks, floors, strict=True)):
                continue
            looked_at += 1
            found = _motion(one[box], two[box])
            if found is not None:
                centres.append((y + side / 2, x + side / 2))
                motions.append(found)
    return Residuals(
        np.array(centres, dtype=float).reshape(-1, 2),
        np.array(motions, dtype=float).reshape(-1, 2),
        looked_at,
    )


def block_side(shape: tuple[int, ...]) -> int | None:
    """Return the side of the blocks that a picture (y, x) is parted into; None if too small."""
    shorter = min(shape)
    if shorter < SMALLEST_BLOCK:
        return None
    side = min(max(shorter // BLOCKS_ACROSS, 2 * SMALLEST_BLOCK), LARGEST_BLOCK, shorter)
    return side - side % 2


def _starts(pixels: int, side: int) -> list[int]:
    count = 1 if pixels == side else 2 * (pixels // side) + (1 if pixels % side else -1)
    return [int(n) for n in np.unique(np.linspace(0, pixels - side, max(1, count)).round())]


def _noise(pixels: NDArray[np.float32]) -> float:
    """Return the noise of a picture: from differences of neighbours, which smooth content lacks."""
    differences = np.abs(np.diff(pixels, axis=1))
    return float(np.median(differences) * 1.4826 / np.sqrt(2.0))


def _smoothed(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture smoothed a little: gradients of single pixels are those of noise."""
    for axis in (0, 1):
        width = [(2, 2) if n == axis else (0, 0) for n in (0, 1)]
        parts = np.lib.stride_tricks.sliding_window_view(
            np.pad(pixels, width, mode="edge"), len(_BINOMIAL), axis=axis
        )
        pixels = (parts @ _BINOMIAL).astype(np.float32)
    return pixels


def _has_content(block: NDArray[np.float32], noise: float) -> bool:
    """Whether a block varies by more than its noise does."""
    spread = float(block.std())
    return spread > 0 and spread > 1.25 * noise


@lru_cache(maxsize=256)
def _window(shape: tuple[int, int]) -> NDArray[np.float32]:
    tapers = [np.hanning(pixels + 2)[1:-1] for pixels in shape]
    return np.outer(*tapers).astype(np.float32)


def _motion(one: NDArray[np.float32], two: NDArray[np.float32]) -> tuple[float, float] | None:
    side = one.shape[0]
    spectra = [np.fft.rfft2((each - each.mean()) * _window(one.shape)) for each in (one, two)]
    product = spectra[1] * np.conj(spectra[0])
    magnitude = np.abs(product)
    product /= np.maximum(magnitude, 1e-12 * magnitude.max()) ** _WHITENING
    surface = np.fft.irfft2(product, s=one.shape)
    reach = side // 4
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    top = np.unravel_index(int(near.argmax()), near.shape)
    row, column = int(top[0]), int(top[1])
    if not (0 < row < 2 * reach and 0 < column < 2 * reach):
        return None
    if near[row, column] < CLEAR * surface.std():
        return None
    return _refined(one, two, row - reach, column - reach)


def _refined(
    one: NDArray[np.float32], two: NDArray[np.float32], dy: int, dx: int
) -> tuple[float, float] | None:
    """Return the motion near a peak; None where the two are unlike there, or it is not settled.

    The taper of the blocks draws peaks towards no motion, so that a far one is some pixels off.
    """
    for _ in range(_STEPS):
        rest = _beyond(*_overlap(one, two, dy, dx))
        if rest is None:
            return None
        y, x = (float(np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)) for step in rest)
        if max(abs(y), abs(x)) <= _SETTLED:
            return dy + y, dx + x
        dy, dx = dy + round(y), dx + round(x)
        if max(abs(dy), abs(dx)) > one.shape[0] // 3:
            return None
    return None


def _overlap(
    one: NDArray[np.float32], two: NDArray[np.float32], dy: int, dx: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what two blocks share, where the second's content lies (dy, dx) pixels beyond."""
    rows, columns = one.shape
    return (
        one[max(0, -dy) : rows - max(0, dy), max(0, -dx) : columns - max(0, dx)],
        two[max(0, dy) : rows - max(0, -dy), max(0, dx) : columns - max(0, -dx)],
    )


def _beyond(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[float, float] | None:
    """Return the fraction of a pixel that the second lies beyond the first; None if unlike.

    One step of Lucas and Kanade (1981), with the gradients of both.
    """
    a, b = first - first.mean(), second - second.mean()
    length = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b)))
    if length == 0 or float(np.vdot(a, b)) < LIKENESS * length:
        return None
    # The two may differ in brightness.
    b *= np.sqrt(np.vdot(a, a) / np.vdot(b, b))
    down, right = np.gradient((a + b) / 2)
    taper = _window(first.shape)
    weighted = (down * taper, right * taper)
    normal = np.array([[np.vdot(w, g) for g in (down, right)] for w in weighted])
    if np.linalg.cond(normal) > _LARGEST_CONDITION:
        return None
    step = np.linalg.solve(normal, [np.vdot(w, a - b) for w in weighted])
    return float(step[0]), float(step[1])
