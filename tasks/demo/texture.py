"""Uneven surfaces: noise through box filters, which take the same time however wide they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

_PASSES = 2
"""Box filters in a row: two leave no visible squares, and more only take longer."""


def box_filter(surface: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return the mean over a centred square of `width` pixels (odd), edges repeated.

    Args:
        surface: Values with axes (y, x).
        width: Side of the square in pixels.
    """
    smooth: NDArray[np.float32] = ndimage.uniform_filter(surface, width, mode="nearest")
    return smooth


def blurred(surface: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return the surface out of focus: a box filter applied more than once."""
    for _ in range(_PASSES):
        surface = box_filter(surface, width)
    return surface


def mottled(shape: tuple[int, int], grain: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return random mottling of mean 0 and standard deviation 1.

    Args:
        shape: Pixels along y and x.
        grain: Size of the grain in pixels (odd).
        random: Where the randomness comes from.
    """
    noise = blurred(random.standard_normal(shape, dtype=np.float32), grain)
    mottling: NDArray[np.float32] = (noise - noise.mean()) / noise.std()
    return mottling
