"""Tell an image that went through a lens from the pattern of the camera's own pixels.

Pixels differ in offset and gain, and that pattern is the same in every frame. In an empty region it
is all that matches, and where fields were cut or stitched it does so at any shift.
"""

from __future__ import annotations

import numpy as np

from tasks.estimate.overlap import Whole, covariance
from tasks.estimate.prepare import Prepared

_LEAST_GRAIN = 0.12
"""Covariance two pixels beside a match, as a share of the match's own. A lens spreads the
finest detail over more than that; a pixel knows nothing of its neighbours."""

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
    around = [
        covariance(reference.sharp, moving.sharp, (z, y + dy, x + dx))
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    ]
    beside = [
        covariance(reference.sharp, moving.sharp, (z, y + dy, x + dx))
        for dy, dx in ((-_BESIDE, 0), (_BESIDE, 0), (0, -_BESIDE), (0, _BESIDE))
    ]
    return float(np.mean(beside)) < _LEAST_GRAIN * max(around)
