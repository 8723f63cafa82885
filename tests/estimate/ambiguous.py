"""Fields that do not have one shift: lattices, and fields of which a part moved by itself."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.estimate.samples import MARGIN, Floats, cells, field, moved, photograph

Pair = tuple[NDArray[np.uint16], NDArray[np.uint16]]
Shift = tuple[float, float]
"""Pixels along y and x."""

PERIOD = 16


def lattice(
    size: int, by: Shift, rng: np.random.Generator, *, ends_at: float = np.inf
) -> NDArray[np.uint16]:
    """Photograph spots in rows that were moved, and end at a distance from their middle."""
    y, x = (n - at for n, at in zip(np.mgrid[:size, :size].astype(np.float64), by, strict=True))
    light = np.cos(2 * np.pi * y / PERIOD) + np.cos(2 * np.pi * x / PERIOD) > 0.8
    light &= np.hypot(y - size / 2, x - size / 2) < ends_at
    return photograph(light.astype(float), rng, signal=400)[None]


def in_two_parts(
    size: int,
    shifts: tuple[Shift, Shift],
    rng: np.random.Generator,
    *,
    share: float,
    per_field: float,
    parts: Literal["mixed", "halves"],
    radius: float = 8.0,
) -> Pair:
    """Photograph cells of which a share moved by the first shift and the rest by the second.

    Args:
        size: Pixels of the field's side.
        shifts: What leads from the second photograph to the first.
        rng: Draws what is by chance.
        share: Of the cells, or of the field's width, that follows the first shift.
        per_field: Cells in a field.
        parts: Whether both lie among each other, or left and right of each other.
        radius: Of a cell, pixels.
    """
    if parts == "mixed":
        one, two = (
            cells(size, rng, per_field=per_field * part, radius=radius)
            for part in (share, 1 - share)
        )
    else:
        content = cells(size, rng, per_field=per_field, radius=radius)
        left: Floats = 1 / (1 + np.exp((np.arange(len(content)) - MARGIN - share * size) / 2))
        one, two = content * left, content * (1 - left)
    back = [[-n for n in shift] for shift in shifts]
    seen = field(one + two, size), field(moved(one, back[0]) + moved(two, back[1]), size)
    first, second = (photograph(light, rng, signal=300)[None] for light in seen)
    return first, second
