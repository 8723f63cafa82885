"""What a rotation and a change of scale explain of the motion that is left."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.quality.residual import Residuals

FEWEST_BLOCKS = 6
"""Blocks needed for four unknowns and a notion of their error."""

Complex = NDArray[np.complex128]

_COMPLEX = np.array([1.0, 1.0j])
_ROUNDS = 10
_SETTLED = 1e-4
"""Pixels by which no block's place changes any more in a round."""

_PAIRS = 300
"""Pairs of blocks that are tried: were half of the blocks wrong, 75 pairs would still be right."""

_PARTNERS = (2, 9)
"""That each block meets."""
_CUT = 5.0
"""Scatters beyond which a block has no say."""

_SMALLEST_SCATTER = 0.02
"""Pixels: a parabola is no better than that."""


@dataclass(frozen=True)
class Turn:
    """A turn about the picture's centre, with what it leaves."""

    degrees: float
    """From y to x: positive where the moving picture is turned towards larger x at larger y."""
    error: float
    """Standard error, degrees."""
    scale: float
    """Times by which the moving picture is larger."""
    share: float
    """Part of the motion's variance, beyond one common shift, that turn and scale explain."""


def fit_turn(residuals: Residuals) -> Turn | None:
    """Fit shift, rotation and scale to the motion left; None where too few blocks show one.

    The start is the least median of squares over pairs of blocks, each of which says all four
    (Rousseeuw 1984); from there least squares, weighted anew by Tukey's biweight until wrong blocks
    have no say (Huber, Robust Statistics, chapter 7).
    """
    count = len(residuals.motion)
    if count < FEWEST_BLOCKS:
        return None
    # As complex numbers y + i x a turn by a and a scale s add (s + i a) times the place.
    place = residuals.centre @ _COMPLEX
    place -= place.mean()
    motion = residuals.motion @ _COMPLEX
    slope, shift = _start(place, motion)
    scatter = _SMALLEST_SCATTER
    reach = float(np.abs(place).max())
    spread = 0.0
    weights = np.ones(count)
    for _ in range(_ROUNDS):
        distance = np.abs(motion - shift - slope * place)
        # Of two normal numbers' distance the median is 1.1774 standard deviations.
        scatter = max(float(np.median(distance)) / 1.1774, _SMALLEST_SCATTER)
        weights = np.maximum(0.0, 1.0 - (distance / (_CUT * scatter)) ** 2) ** 2
        total = weights.sum()
        centre = weights @ place / total
        away = place - centre
        spread = float(weights @ (away.real**2 + away.imag**2))
        if spread == 0:
            return None
        middle = weights @ motion / total
        before = slope, shift
        slope = complex((weights * away.conj()) @ (motion - middle) / spread)
        shift = complex(middle - slope * centre)
        if abs(slope - before[0]) * reach + abs(shift - before[1]) < _SETTLED:
            break
    trusted = weights > 0
    left = (motion - shift - slope * place)[trusted]
    return Turn(
        degrees=math.degrees(slope.imag),
        error=math.degrees(scatter / math.sqrt(spread)),
        scale=1.0 + slope.real,
        share=_share(motion[trusted], left),
    )


def _start(place: Complex, motion: Complex) -> tuple[complex, complex]:
    """Return slope and shift of the pair of blocks that most others agree with."""
    count = len(place)
    # Far partners say more of a turn than near ones; each block meets several.
    partners = int(np.clip(_PAIRS // count, *_PARTNERS))
    steps = np.unique(np.linspace(1, count - 1, partners).round().astype(int))
    first = np.repeat(np.arange(count), len(steps))
    second = (first + np.tile(steps, count)) % count
    apart = place[second] != place[first]
    first, second = first[apart], second[apart]
    if not len(first):
        return 0j, complex(np.median(motion.real), np.median(motion.imag))
    slopes = (motion[second] - motion[first]) / (place[second] - place[first])
    shifts = motion[first] - slopes * place[first]
    away = (motion - shifts[:, None]).astype(np.complex64)
    away -= slopes.astype(np.complex64)[:, None] * place.astype(np.complex64)
    distance = away.real**2 + away.imag**2
    middle = count // 2
    best = int(np.partition(distance, middle, axis=1)[:, middle].argmin())
    return complex(slopes[best]), complex(shifts[best])


def _share(motion: Complex, left: Complex) -> float:
    whole = float((np.abs(motion - motion.mean()) ** 2).sum())
    return 0.0 if whole == 0 else max(0.0, 1.0 - float((np.abs(left) ** 2).sum()) / whole)
