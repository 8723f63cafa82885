"""How precisely a shift is known: the scatter of what the parts of the overlap say about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.prepare import Prepared
from tasks.estimate.refine import Laid, free_axes

_TILES = 8
"""Tiles along each of y and x."""


def standard_error(reference: Prepared, moving: Prepared, shift: NDArray[np.float64]) -> float:
    """Return the standard error of a refined shift along y or x, the larger of both, in pixels.

    Every tile of the overlap pulls the shift its own way; where it is best, the pulls add up to
    nothing. How much they scatter, over how sharp the correlation is, is the error (the sandwich
    estimator, Huber 1967, with one tile as one observation): noise counts, whatever its grain, and
    so does content that changed.

    Args:
        reference: The reference region.
        moving: The moving region, prepared with the same factor.
        shift: What `refine` returned for them.

    Returns:
        Infinity where nothing can be said.
    """
    free = free_axes([(reference, moving)], shift)
    laid = Laid.of(reference, moving, free).at(shift, free)
    if laid is None or not free[1:].all():
        return float("inf")
    ours, theirs, counts = laid
    axes = np.flatnonzero(free)
    gradients = [[np.gradient(side, axis=n) * counts for n in axes] for side in (ours, theirs)]
    sharpness = np.array(
        [[float(np.vdot(one, two)) for two in gradients[1]] for one in gradients[0]]
    )
    sharpness = (sharpness + sharpness.T) / 2
    if np.linalg.eigvalsh(sharpness)[0] <= 0:
        return float("inf")
    difference = ours - theirs
    pulls = np.array(
        [_by_tile((one + two) / 2 * difference) for one, two in zip(*gradients, strict=True)]
    )
    inverse = np.linalg.inv(sharpness)
    variances = np.diag(inverse @ (pulls @ pulls.T) @ inverse)
    return float(np.sqrt(variances[-2:].max()))


def _by_tile(values: NDArray[np.float32]) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = values.sum(axis=0, dtype=np.float64)
    for axis in (0, 1):
        edges = np.linspace(0, flat.shape[axis], min(_TILES, flat.shape[axis]) + 1).astype(int)[:-1]
        flat = np.add.reduceat(flat, edges, axis=axis)
    return flat.reshape(-1)
