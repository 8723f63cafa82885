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
    reference: Pixels, moving: Pixels, ours: Mask, theirs: Mask, shift: Whole
) -> float:
    """Return the normalised cross-correlation over the true overlap, from -1 to 1.

    Args:
        reference: Pixels of the reference region.
        moving: Pixels of the moving region.
        ours: Which pixels of the reference count.
        theirs: Which pixels of the moving region count.
        shift: Whole pixels that lead from the moving region to the reference.

    Returns:
        0 where fewer than two pixels overlap, or where one side is constant.
    """
    here, there = overlap_slices(reference.shape, moving.shape, shift)
    both = ours[here] & theirs[there]
    if np.count_nonzero(both) < 2:  # noqa: PLR2004 - one pixel has no variance
        return 0.0
    one = reference[here][both].astype(np.float64)
    two = moving[there][both].astype(np.float64)
    one -= one.mean()
    two -= two.mean()
    scale = np.sqrt(np.dot(one, one) * np.dot(two, two))
    return float(np.dot(one, two) / scale) if scale > 0 else 0.0
