"""How a value between pixels is made: which pixels it is made from, and their weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.plan.window import Interpolation, Shift, Window

INTERPOLATED_KINDS = "iuf"
"""NumPy kinds that have values between values: there is nothing between True and False."""


@dataclass(frozen=True)
class Taps:
    """The pixels along one axis that a value is made from, and how much each of them counts."""

    first: int
    """Place of the first of them, from the pixel that a move by whole pixels would take."""
    weights: tuple[float, ...]
    """Of it and the pixels that follow. They sum to 1; a single one leaves the axis as it is."""


def shift_taps(shift: Shift, interpolation: Interpolation) -> tuple[Taps, ...]:
    """Return what each axis of a region's pixels is made from; one pixel where it moves whole."""
    fractions = shift.fraction or (0.0,) * len(shift.offset)
    return tuple(taps(fraction, interpolation) for fraction in fractions)


def taps(fraction: float, interpolation: Interpolation) -> Taps:
    """Return the taps for a move by a fraction of a pixel, beyond the whole pixels of the move.

    `linear` weighs two pixels. `cubic` weighs four with Keys' kernel for a = -1/2, also known as
    Catmull-Rom (R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 29(6), 1981, 1153-1160): exact for
    parabolas, and, unlike splines, made from near pixels alone, so that a block of an image gives
    what the whole image gives.
    """
    if fraction == 0 or interpolation == "none":
        return Taps(0, (1.0,))
    # A pixel that moves by +0.3 shows what lay 0.3 pixels before it.
    before = math.floor(-fraction)
    u = -fraction - before
    if interpolation == "linear":
        return Taps(before, (1 - u, u))
    return Taps(
        before - 1,
        (
            u * (-0.5 + u * (1 - 0.5 * u)),
            1 + u * u * (-2.5 + 1.5 * u),
            u * (0.5 + u * (2 - 1.5 * u)),
            u * u * (-0.5 + 0.5 * u),
        ),
    )


def reach(window: Window, along: tuple[Taps, ...]) -> Window:
    """Return the pixels that a window is made from; they may lie beyond the image's edge."""
    return Window(
        start=tuple(a + axis.first for a, axis in zip(window.start, along, strict=True)),
        stop=tuple(
            b + axis.first + len(axis.weights) - 1
            for b, axis in zip(window.stop, along, strict=True)
        ),
    )


def working_type(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return the floating type in which pixels of a type are weighed.

    Single precision has 24 bits: 8 more than the widest pixels that are weighed in it.
    """
    kind = np.dtype(dtype)
    fits = kind == np.float32 or kind.itemsize <= 2  # noqa: PLR2004 - 16 bits
    return np.dtype(np.float32 if fits else np.float64)
