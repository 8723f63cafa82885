"""The parts of two regions that lie over each other once one of them is shifted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Whole = tuple[int, ...]
"""A shift in whole pixels, axes (z, y, x): what is added to a place in the moving region."""

Slices = tuple[slice, ...]


def overlap_slices(
    reference: Sequence[int], moving: Sequence[int], shift: Whole
) -> tuple[Slices, Slices]:
    """Return where the overlap lies in the reference and where in the moving region.

    Args:
        reference: Shape of the reference region.
        moving: Shape of the moving region, which may be another.
        shift: Whole pixels that lead from the moving region to the reference.
    """
    ours: list[slice] = []
    theirs: list[slice] = []
    for height, other, by in zip(reference, moving, shift, strict=True):
        first = max(0, by)
        last = max(first, min(height, other + by))
        ours.append(slice(first, last))
        theirs.append(slice(first - by, last - by))
    return tuple(ours), tuple(theirs)


def overlap_correlation(
    reference: Pixels, moving: Pixels, ours: Mask | None, theirs: Mask | None, shift: Whole
) -> float:
    """Return the normalised cross-correlation over the true overlap, from -1 to 1.

    Args:
        reference: Pixels of the reference region.
        moving: Pixels of the moving region.
        ours: Which pixels of the reference count; None: all.
        theirs: Which pixels of the moving region count; None: all.
        shift: Whole pixels that lead from the moving region to the reference.

    Returns:
        0 where fewer than two pixels overlap, or where one side is constant.
    """
    here, there = overlap_slices(reference.shape, moving.shape, shift)
    one, two = reference[here], moving[there]
    if ours is not None or theirs is not None:
        both = np.ones(one.shape, bool) if ours is None else ours[here]
        if theirs is not None:
            both = both & theirs[there]
        one, two = one[both], two[both]
    if one.size < 2:  # noqa: PLR2004 - one pixel has no variance
        return 0.0
    one = one - one.mean(dtype=np.float64).astype(np.float32)
    two = two - two.mean(dtype=np.float64).astype(np.float32)
    scale = np.sqrt(dot(one, one) * dot(two, two))
    return dot(one, two) / scale if scale > 0 else 0.0


def dot(one: Pixels, two: Pixels) -> float:
    """Return the sum of the products of two arrays of one shape.

    Added up in pairs, which keeps small numbers; and by this thread alone, where a linear algebra
    library would start its own beside the workers'.
    """
    return float((one * two).sum())


def covariance(one: Pixels, two: Pixels, shift: Whole) -> float:
    """Return the mean product of two regions over their overlap; 0 where there is none."""
    here, there = overlap_slices(one.shape, two.shape, shift)
    count = one[here].size
    return dot(one[here], two[there]) / count if count else 0.0
