"""What a camera makes of light: uneven illumination, shot noise, read noise and an offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OFFSET = 100.0
"""Counts that the camera adds to every pixel."""

COUNTS_PER_ELECTRON = 2.0
READ_NOISE = 1.6
"""Standard deviation in electrons: a scientific CMOS camera's."""

CORNER_LOSS = 0.12
"""Share of the illumination lost in the corners of a field."""


def illumination(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a field's illumination, axes (y, x): 1 in the middle, less towards the corners."""
    y = np.linspace(-1.0, 1.0, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1.0, 1.0, shape[1], dtype=np.float32)[None, :]
    return 1.0 - np.float32(CORNER_LOSS / 2) * (y**2 + x**2)


def photograph(
    light: NDArray[np.float32], random: np.random.Generator, *, exposure: float = 1.0
) -> NDArray[np.uint16]:
    """Return one field as the camera records it, axes (y, x), in counts.

    Shot noise is drawn from the normal distribution, which is the Poisson distribution's limit at
    the dozens of electrons that even the background has.

    Args:
        light: Photo-electrons per pixel under even illumination, axes (y, x).
        random: Where the noise comes from.
        exposure: Share of the light that is left: stains bleach from acquisition to acquisition.
    """
    height, width = light.shape
    electrons = light * illumination((height, width)) * np.float32(exposure)
    noise = random.standard_normal(light.shape, dtype=np.float32)
    seen = electrons + noise * np.sqrt(electrons + np.float32(READ_NOISE**2))
    limit = np.iinfo(np.uint16).max
    counts: NDArray[np.float32] = np.clip(np.rint(OFFSET + COUNTS_PER_ELECTRON * seen), 0, limit)
    return counts.astype(np.uint16)
