"""By how much one region is turned against the other, from where its parts match best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FITS = 1.2
"""Pixels by which a tile may differ from the turn that is fitted; its place is a whole pixel."""

_ROUNDS = 4

_ENOUGH = 8
"""Tiles that must fit, and half of all that show something."""

_ROUNDING = 0.29
"""Standard deviation of what rounding to whole pixels takes away."""


@dataclass(frozen=True)
class Turn:
    """A rotation, in degrees."""

    degrees: float
    error: float
    """Standard error; infinite where nothing can be said."""


NO_TURN = Turn(degrees=0.0, error=float("inf"))


def find_turn(moved: NDArray[np.intp], content: Floats, tile: tuple[int, int]) -> Turn:
    """Fit a small rotation and a translation to the tiles' own best places.

    Args:
        moved: Pixels along y and x by which each tile matches best elsewhere: (2, rows, columns).
        content: How much each tile shows; 0 leaves it out.
        tile: Pixels of a tile along y and x.
    """
    rows, columns = np.nonzero(content > 0)
    if len(rows) < _ENOUGH:
        return NO_TURN
    y, x = (rows + 0.5) * tile[0], (columns + 0.5) * tile[1]
    there = moved[:, rows, columns].astype(np.float64)
    chosen = np.ones(len(rows), bool)
    # Per tile two equations: of (turn, along y, along x).
    design = np.zeros((2, len(rows), 3))
    design[0, :, 0], design[1, :, 0] = x - x.mean(), -(y - y.mean())
    design[0, :, 1] = design[1, :, 2] = 1
    fitted: Floats = np.zeros(3)
    rest: Floats = there
    for _ in range(_ROUNDS):
        solved = np.linalg.lstsq(
            design[:, chosen].reshape(-1, 3), there[:, chosen].reshape(-1), rcond=None
        )
        fitted = np.asarray(solved[0], dtype=np.float64)
        rest = np.asarray(there - design @ fitted, dtype=np.float64)
        fits = np.max(np.abs(rest), axis=0) <= _FITS
        if np.count_nonzero(fits) < max(_ENOUGH, len(rows) / 2):
            return NO_TURN
        if np.array_equal(fits, chosen):
            break
        chosen = fits
    scatter = max(_ROUNDING, float(np.sqrt(np.mean(rest[:, chosen] ** 2))))
    reach = float(np.sqrt(np.sum(design[:, chosen, 0] ** 2)))
    if reach == 0:
        return NO_TURN
    return Turn(degrees=float(np.degrees(fitted[0])), error=float(np.degrees(scatter / reach)))
