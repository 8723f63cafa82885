"""How a plate moved as a whole in one acquisition, and what that says of a field."""

from __future__ import annotations

import math

import numpy as np

from tasks.movement.field_shifts import Floats
from tasks.movement.rigid import Rigid
from tasks.plan.window import Frozen

LEAST_WELLS = 4
"""Wells that must be known before they say something of others; two fix a movement, and the rest
say how well it holds."""

MOST_APART = 0.1
"""Share of the wells that may move by themselves before the plate says nothing of wells in which
nothing was found: such a well may be one of them."""

MOST_CONTRADICTING = 0.4
"""The same, before the plate says nothing at all. Below it a well that is sure of another shift is
suspicious, and is refused."""

LEAST_OF_NEIGHBOURS = 0.7
"""How much adjoining wells differ at least, as a share of how much any two do, where each errs by
itself; of plates that slipped half way they differ by 0.1 to 0.3 of that."""

MOST_STRAY = 0.05
"""Deviation of the wells, as a share of a field's side, beyond which they do not move as one."""


class Movement(Frozen):
    """Rotation and translation of a plate in one acquisition, with what they leave.

    Translations lead from the image to its reference, micrometers along z, y, x. The model has no
    other part yet than moving; pixels can be turned by `degrees` once they are turned at all.
    """

    acquisition: int
    centre: tuple[float, float]
    """Of the fields it rests on, micrometers along y and x on the plate."""
    at_centre: tuple[float, float, float]
    turn: float
    """2 tan(angle / 2), as in `tasks.movement.rigid`."""
    covariance: tuple[tuple[float, float, float], ...]
    """Of the translation along y and x at the centre and of `turn`."""
    within: tuple[float, float]
    """Standard deviation of a field around its well's offset, along z and along y or x."""
    between: tuple[float, float]
    """Standard deviation of a well's offset around the plate's movement."""
    freedom_within: float
    """Degrees of freedom behind `within`."""
    freedom_between: float
    wells: int
    """That follow the movement."""
    fields: int
    neighbours: float
    """How much adjoining wells differ, as a share of how much any two do; 0 where not known."""
    apart: tuple[str, ...]
    """Wells that are sure of their shifts and do not follow it."""
    slipped: bool
    """Whether several of them moved alike: the plate, or a part of it, slipped on the way."""
    side: float
    """Shorter side of a field, micrometers."""

    @property
    def degrees(self) -> float:
        """Angle to turn the image by, counter-clockwise with y downwards, to lie as its reference.

        Counter-clockwise is positive.
        """
        return math.degrees(2 * math.atan(self.turn / 2))

    @property
    def degrees_error(self) -> float:
        """Standard error of the angle."""
        return math.degrees(math.sqrt(self.covariance[2][2]))

    @property
    def moves_as_one(self) -> bool:
        """Whether the plate moved as a whole, so that a well says something of another."""
        all_wells = self.wells + len(self.apart)
        return (
            self.wells >= LEAST_WELLS
            and not self.slipped
            and not self.is_scattered
            and len(self.apart) <= MOST_CONTRADICTING * all_wells
        )

    @property
    def is_scattered(self) -> bool:
        """Whether the fields that follow it lie too far apart to have moved as one."""
        return math.hypot(self.within[1], self.between[1]) > MOST_STRAY * self.side

    @property
    def speaks_for_others(self) -> bool:
        """Whether it also speaks for wells in which nothing was found."""
        return self.moves_as_one and len(self.apart) <= MOST_APART * (self.wells + len(self.apart))

    @property
    def leaves_only_chance(self) -> bool:
        """Whether all known wells follow it but for an error of their own, as a stage makes."""
        return not self.apart and self.neighbours >= LEAST_OF_NEIGHBOURS

    @property
    def rigid(self) -> Rigid:
        """The movement itself."""
        return Rigid(
            centre=np.array(self.centre), at_centre=np.array(self.at_centre), turn=self.turn
        )

    def variance_at(self, places: Floats) -> Floats:
        """Return how uncertain the movement is at places: variance along y or x, micrometers^2."""
        away = places - np.array(self.centre)
        of = np.array(self.covariance)
        # Along y the turn counts with -x, along x with y; the larger of both.
        y = of[0, 0] - 2 * away[:, 1] * of[0, 2] + away[:, 1] ** 2 * of[2, 2]
        x = of[1, 1] + 2 * away[:, 0] * of[1, 2] + away[:, 0] ** 2 * of[2, 2]
        larger: Floats = np.maximum(y, x)
        return larger
