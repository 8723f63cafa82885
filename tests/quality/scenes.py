"""Pictures of cells whose true motion is known, photographed twice with noise of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[Any]


def cells(shape: tuple[int, int], count: int, seed: int = 0) -> Array:
    """Return blurred spots on an even ground."""
    random = np.random.default_rng(seed)
    picture = np.zeros(shape)
    for _ in range(count):
        picture[random.integers(shape[0]), random.integers(shape[1])] += random.uniform(2e4, 6e4)
    return ndimage.gaussian_filter(picture, 4) + 100.0


def turned(picture: Array, degrees: float, shift: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Return the picture whose content is turned about its middle and lies `shift` pixels farther.

    Content at p, from the middle, then lies at R p + shift, with R turning y towards x: the motion
    is dy = -a x, dx = a y for a small angle a.
    """
    angle = np.deg2rad(degrees)
    forward = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(picture.shape) - 1) / 2
    back = forward.T
    offset = middle - back @ (middle + np.array(shift))
    return ndimage.affine_transform(picture, back, offset=offset, order=3, mode="nearest")


def photographed(picture: Array, seed: int) -> Array:
    """Return the picture with shot and read noise."""
    random = np.random.default_rng(seed)
    return random.poisson(np.clip(picture, 0, None) * 3) / 3 + random.normal(
        scale=3, size=picture.shape
    )
