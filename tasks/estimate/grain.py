"""Tell an image that went through a lens from the pattern of the camera's own pixels.

Pixels differ in offset and gain, as whole lines and columns do, and that pattern is the same in
every frame. In an empty region it is all that matches, and where fields were cut or stitched it
does so at any shift.
"""

from __future__ import annotations

import numpy as np

from tasks.estimate.overlap import Pixels, Whole, covariance, dot, overlap_slices
from tasks.estimate.prepare import Prepared
from tasks.estimate.static import is_lit

_LEAST_GRAIN, _LEAST_LIT_GRAIN = 0.2, 0.12
"""Covariance two pixels beside a match, as a share of the match's own. A lens spreads the
finest detail over more than that; a pixel knows nothing of its neighbours. On pixels that were
averaged a lens spreads less: what is bright on dark, as no pattern of pixels is, may have less."""

_BESIDE = 2
"""Pixels; between two pixels, a pattern of pixels matches at both."""


def is_of_pixels(reference: Prepared, moving: Prepared, shift: Whole) -> bool:
    """Return whether what matches at a shift has no grain larger than a pixel.

    Args:
        reference: The reference region.
        moving: The moving region, prepared with the same factor.
        shift: Whole pixels that lead from the moving region to the reference.
    """
    z, y, x = shift
    ours, theirs = (_without_lines(each) for each in (reference, moving))
    beside = float(
        np.mean(
            [
                covariance(ours, theirs, (z, y + dy, x + dx))
                for dy, dx in ((-_BESIDE, 0), (_BESIDE, 0), (0, -_BESIDE), (0, _BESIDE))
            ]
        )
    )
    if beside >= _LEAST_GRAIN * _largest(ours, theirs, shift):
        return False
    around = [
        covariance(ours, theirs, (z, y + dy, x + dx)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)
    ]
    share = beside / max(*around, float(np.finfo(np.float32).tiny))
    if share >= _LEAST_GRAIN:
        return False
    return share < _LEAST_LIT_GRAIN or not is_lit(reference, moving, shift)


def _largest(ours: Pixels, theirs: Pixels, shift: Whole) -> float:
    """Return what no covariance at a shift, or a pixel beside it, can exceed (Cauchy & Schwarz)."""
    z, y, x = shift
    least = min(
        ours[overlap_slices(ours.shape, theirs.shape, (z, y + dy, x + dx))[0]].size
        for dy in (-1, 1)
        for dx in (-1, 1)
    )
    if least == 0:
        return float("inf")
    return float(np.sqrt(dot(ours, ours) * dot(theirs, theirs))) / least


def _without_lines(region: Prepared) -> Pixels:
    """Return the region without the mean of each row and column: where some are alike, all is."""
    values = region.sharp
    for axis in (1, 2):
        if region.valid is None:
            values = values - values.mean(axis=axis, keepdims=True)
        else:
            count = np.maximum(region.valid.sum(axis=axis, keepdims=True, dtype=np.float32), 1)
            values = (values - values.sum(axis=axis, keepdims=True) / count) * region.valid
    return values
