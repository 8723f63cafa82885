"""Cells scattered over a well's bottom: where they lie and how large they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SPACING = 42.0
"""Smallest distance between the centres of two cells, in pixels."""

_TRIES_PER_CELL = 4


@dataclass(frozen=True)
class Cell:
    """One cell: an elliptical nucleus, and a body of the same shape around it."""

    y: float
    x: float
    """Centre of the nucleus, in pixels."""
    long_radius: float
    short_radius: float
    """Half axes of the nucleus, in pixels."""
    angle: float
    """Of the long axis against x, in radians."""
    uptake: float
    """How strongly this cell takes up a stain; 1 is the mean."""


def scatter_cells(shape: tuple[int, int], random: np.random.Generator) -> tuple[Cell, ...]:
    """Return cells at random places, none closer to another than `SPACING`.

    Args:
        shape: Pixels along y and x.
        random: Where the randomness comes from.
    """
    tries = int(_TRIES_PER_CELL * shape[0] * shape[1] / SPACING**2)
    centres = np.empty((0, 2))
    for candidate in random.uniform((0.0, 0.0), shape, size=(tries, 2)):
        if np.all(np.hypot(*(centres - candidate).T) >= SPACING):
            centres = np.vstack([centres, candidate])
    return tuple(_grow(float(y), float(x), random) for y, x in centres)


def _grow(y: float, x: float, random: np.random.Generator) -> Cell:
    long_radius = random.uniform(14.0, 20.0)
    return Cell(
        y=y,
        x=x,
        long_radius=long_radius,
        short_radius=long_radius * random.uniform(0.65, 0.95),
        angle=random.uniform(0.0, np.pi),
        uptake=random.uniform(0.6, 1.4),
    )
