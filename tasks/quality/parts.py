"""Whether parts of a picture have moved each by itself: motions that gather around several."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FEWEST = 3
"""Blocks that a part must have."""

MOST = 4
"""Parts that are told of."""

_RADIUS = 0.35
"""Pixels of the level that was looked at, within which blocks move alike."""

_COVERED = 0.7
"""Share of the blocks that the parts must explain together: of a motion that changes steadily over
the picture, or of chance, groups explain less."""

_SHARE = 0.2
"""Share of the blocks that each must have."""


def parts_of(motion: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Return which blocks belong to which part, the largest first; nothing where all move alike.

    A part is the block with most others near its motion, and these; then the same of the rest.

    Args:
        motion: (n, 2): y, x of each block's motion, in pixels of the level that was looked at.
    """
    if not len(motion) or math.hypot(*np.ptp(motion, axis=0)) < 2 * _RADIUS:
        # As where all went right: no two parts lie apart.
        return []
    is_left = np.ones(len(motion), np.bool_)
    near = np.linalg.norm(motion[:, None] - motion[None], axis=2) <= _RADIUS
    least = max(FEWEST, _SHARE * len(motion))
    found: list[NDArray[np.bool_]] = []
    while len(found) < MOST and is_left.any():
        counts = (near & is_left).sum(axis=1) * is_left
        part = near[int(counts.argmax())] & is_left
        if part.sum() < least:
            break
        found.append(part)
        is_left &= ~part
    if len(found) < 2 or is_left.mean() > 1 - _COVERED:  # noqa: PLR2004 - one is the whole
        return []
    middles = np.array([np.median(motion[part], axis=0) for part in found])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
    # Groups that touch are one, with more scatter.
    if apart[np.triu_indices(len(found), 1)].min() < 2 * _RADIUS:
        return []
    return found
