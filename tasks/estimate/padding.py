"""Find where a stitched region holds no picture: zeros in place of fields never taken."""

from __future__ import annotations

import numpy as np

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
    ours = _even(reference)
    theirs = None if ours is None else _even(moving)
    if ours is None or theirs is None:
        return None
    both = ours & theirs
    either = ours | theirs
    left = np.count_nonzero(~both)
    if not both.any() or left == 0 or np.count_nonzero(~either) / left < _SAME_PLACE:
        return None
    return both


def _even(region: Pixels) -> Mask | None:
    """Return the patches of the darkest value; None if there are none."""
    even: Mask = region == np.fmin.reduce(region, axis=None)
    if np.count_nonzero(even) < _SIDE**2:
        return None
    for axis in (1, 2):
        # Places from which on so many in a row are even: first two, then four, then eight.
        for reach in (1, 2, 4, _SIDE - 8):
            even = even[_part(axis, None, -reach)] & even[_part(axis, reach, None)]
    if not even.any():
        return None
    for axis in (1, 2):
        for reach in (1, 2, 4, _SIDE - 8):
            wider = np.zeros(
                [n + reach if along == axis else n for along, n in enumerate(even.shape)], bool
            )
            wider[_part(axis, None, -reach)] = even
            wider[_part(axis, reach, None)] |= even
            even = wider
    return even


def _part(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return (slice(None),) * axis + (slice(start, stop),)
