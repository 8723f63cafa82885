"""Tell a match of the sample from a match of what stands still: camera pattern, dust, reflections.

Such a pattern lies at the same pixels of every field, so it matches at shift 0 whatever the sample
does; in frames with nothing in them it is all that matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.overlap import Whole, covariance, overlap_slices
from tasks.estimate.prepare import Prepared

NEAR = 1.5
"""Pixels along y and x; a pattern matches at 0 exactly, up to noise."""

_NEAR_EDGE = 3.0
"""Pixels; an edge is known to a pixel or two."""

_PATTERN = 0.3
"""Share of the covariance at shift 0 that may come from what is there in other fields too."""

_UNSURE = 0.15
"""Error of that share above which it says nothing."""

_RING = (-23, -17, -11, 11, 17, 23)
"""Shifts in pixels at which two different fields can match by chance only: the error."""

Still = Literal["pattern", "sample", "looks like sample"]
"""What matches at shift 0. The last is a sample, or bright dirt that looks like one: without
another field to compare with nobody can tell."""

_SKEW = 0.5
_COVERAGE = 0.4
_CORRELATION = 0.5
"""What one field must show to look like sample without another field to compare with.

Cells are bright on dark: skewed. Pattern is even or dark. Spots of dust do not cover a field.
"""


def is_still(reference: Prepared, moving: Prepared, shift: NDArray[np.float64]) -> bool:
    """Return whether a shift, in pixels (z, y, x), is where a standing pattern would match.

    That is 0; or, where fields were cut or stitched and the edge of the light is seen in both, the
    shift that lays one edge over the other.

    Args:
        reference: The region in the reference.
        moving: The region in the moving acquisition.
        shift: Pixels that lead from the moving region to the reference.
    """
    if np.max(abs(shift[1:])) <= NEAR:
        return True
    if reference.borders is None or moving.borders is None:
        return False
    told: list[float] = []
    for axis, ours, theirs in (
        (1, reference.borders.rows, moving.borders.rows),
        (2, reference.borders.columns, moving.borders.columns),
    ):
        apart = [float(ours[0] - theirs[0])] if ours[0] and theirs[0] else []
        if ours[1] and theirs[1]:
            longer = reference.values.shape[axis] - moving.values.shape[axis]
            apart.append(float(longer - ours[1] + theirs[1]))
        if apart:
            told.append(min(abs(float(shift[axis]) - each) for each in apart))
    return bool(told) and max(told) <= _NEAR_EDGE


def what_stands_still(
    reference: Prepared,
    moving: Prepared,
    strangers: Sequence[tuple[Prepared, Prepared]],
    shift: Whole,
    *,
    correlation: float,
    coverage: float,
) -> Still:
    """Return what matches where a standing pattern would.

    Args:
        reference: The region in the reference.
        moving: The same region in the moving acquisition.
        strangers: Other regions, each in the reference and in the moving acquisition.
        shift: Whole pixels at which they match.
        correlation: Correlation over the overlap.
        coverage: Share of the tiles that confirm the shift.
    """
    share = _shared(reference, moving, strangers, shift)
    if share is not None:
        return "pattern" if share > _PATTERN else "sample"
    looks_like_sample = (
        is_lit(reference, moving, shift) and coverage >= _COVERAGE and correlation >= _CORRELATION
    )
    return "looks like sample" if looks_like_sample else "pattern"


def _shared(
    reference: Prepared,
    moving: Prepared,
    strangers: Sequence[tuple[Prepared, Prepared]],
    shift: Whole,
) -> float | None:
    """Return what share of the covariance at 0 other fields have too; None if not known.

    The sample of one field and that of another have no covariance; a pattern's is the same.
    """
    own = covariance(reference.values, moving.values, shift)
    if own <= 0:
        return None
    crossed: list[float] = []
    chance: list[float] = []
    for other_reference, other_moving in strangers:
        for one, two in ((reference, other_moving), (other_reference, moving)):
            crossed.append(covariance(one.values, two.values, shift) / own)
            chance += [
                covariance(one.values, two.values, (shift[0], shift[1] + y, shift[2] + x)) / own
                for y in _RING
                for x in _RING
                if y != x
            ]
    if not crossed or np.std(chance) > _UNSURE:
        return None
    return float(np.max(crossed))


def is_lit(reference: Prepared, moving: Prepared, shift: Whole) -> bool:
    """Return whether what both show is bright on dark, as cells are and patterns are not.

    Args:
        reference: The region in the reference.
        moving: The region in the moving acquisition.
        shift: Whole pixels that lead from the moving region to the reference.
    """
    return _skew(reference, moving, shift) >= _SKEW


def _skew(reference: Prepared, moving: Prepared, shift: Whole) -> float:
    here, there = overlap_slices(reference.values.shape, moving.values.shape, shift)
    one, two = reference.values[here], moving.values[there]
    if one.size == 0 or one.std() == 0 or two.std() == 0:
        return 0.0
    common = one / one.std() + two / two.std()
    common = common - common.mean()
    return float(np.mean(common**3) / np.mean(common**2) ** 1.5)
