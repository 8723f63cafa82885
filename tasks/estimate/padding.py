"""Find where a stitched region holds no picture: zeros in place of fields never taken."""

from __future__ import annotations

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels

_SIDE = 9
"""Pixels along y and x of the smallest patch that counts; a picture has noise in it."""

_SAME_PLACE = 0.97
"""How well what is left must coincide. Dark background moves with the sample, padding does not."""


def find_padding(reference: Pixels, moving: Pixels) -> Mask | None:
    """Return where both regions are padding at the same place, axes (z, y, x); None if nowhere.

    The edges of padding are sharper than any content, and they lie still: left in, they pull every
    shift towards 0.

    Args:
        reference: The region in the reference.
        moving: The region in the moving acquisition.
    """
    if reference.shape != moving.shape or min(reference.shape) == 0:
        return None
    ours, theirs = _even(reference), _even(moving)
    both = ours & theirs
    either = ours | theirs
    left = np.count_nonzero(~both)
    if not both.any() or left == 0 or np.count_nonzero(~either) / left < _SAME_PLACE:
        return None
    return both


def _even(region: Pixels) -> Mask:
    darkest = region == np.fmin.reduce(region, axis=None)
    even: Mask = ndimage.binary_opening(darkest, np.ones((1, _SIDE, _SIDE), bool))
    return even
