"""How precisely a shift is known: the scatter of what the parts of the overlap say about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.overlap import dot
from tasks.estimate.refine import Refined

_TILES = 8
"""Tiles along each of y and x."""


def standard_error(refined: Refined) -> float:
    """Return the standard error of a refined shift along y or x, the larger of both, in pixels.

    Every tile of the overlap pulls the shift its own way; where it is best, the pulls add up to
    nothing. How much they scatter, over how sharp the correlation is, is the error (the sandwich
    estimator, Huber 1967, with one tile as one observation): noise counts, whatever its grain, and
    so does content that changed.

    Returns:
        Infinity where nothing can be said.
    """
    if not refined.free[1:].all():
        return float("inf")
    axes = np.flatnonzero(refined.free)
    sharpness = np.zeros((len(axes), len(axes)))
    scatter = np.zeros_like(sharpness)
    for ours, theirs, difference in refined.pulls:
        sharpness += [[dot(one, two) for two in theirs] for one in ours]
        by_tile = np.array(
            [_by_tile((one + two) / 2 * difference) for one, two in zip(ours, theirs, strict=True)]
        )
        scatter += (by_tile[:, None, :] * by_tile[None, :, :]).sum(axis=2)
    sharpness = (sharpness + sharpness.T) / 2
    if np.linalg.eigvalsh(sharpness)[0] <= 0:
        return float("inf")
    inverse = np.linalg.inv(sharpness)
    variances = np.diag(inverse @ scatter @ inverse)
    return float(np.sqrt(variances[-2:].max()))


def _by_tile(values: NDArray[np.floating]) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = values[0].astype(np.float64)
    for plane in values[1:]:
        flat += plane
    for axis in (0, 1):
        tiles = min(_TILES, flat.shape[axis])
        first = np.arange(tiles) * flat.shape[axis] // tiles
        flat = np.add.reduceat(flat, first, axis=axis)
    return flat.reshape(-1)
