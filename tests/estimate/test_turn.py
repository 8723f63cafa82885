"""A turn is told with its error, and nothing is told where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from tasks.estimate.candidate import Limits
from tasks.estimate.match import match_region
from tasks.estimate.turn import NO_TURN, find_turn
from tests.estimate.samples import cells, field, photograph, random
from tests.estimate.samples import moved as shifted

SIZE = 160
TILE = (16, 20)


def moved(degrees: float, rng: np.random.Generator) -> NDArray[np.intp]:
    y, x = (np.indices((8, 8)) + 0.5) * np.reshape(TILE, (2, 1, 1))
    turn = np.radians(degrees)
    places = np.stack([turn * (x - 80), -turn * (y - 64)]) + rng.normal(0, 0.2, (2, 8, 8))
    return np.rint(places).astype(np.intp)


@pytest.mark.parametrize("degrees", [-2.0, -0.5, 0.0, 1.0, 2.5])
def test_the_angle_is_right_within_its_error(degrees: float) -> None:
    rng = random(110)
    there = moved(degrees, rng)
    # Some tiles show something else.
    there[:, rng.random((8, 8)) < 0.2] = rng.integers(-4, 5, (2, 1))
    turn = find_turn(there, np.ones((8, 8)), TILE)
    assert abs(turn.degrees - degrees) < 4 * turn.error
    assert turn.error < 0.15


def test_places_at_random_are_no_turn() -> None:
    rng = random(111)
    assert find_turn(rng.integers(-4, 5, (2, 8, 8)), np.ones((8, 8)), TILE) == NO_TURN
    assert find_turn(moved(2.0, rng), np.zeros((8, 8)), TILE) == NO_TURN


@pytest.mark.parametrize("degrees", [1.2, 2.0])
def test_a_turned_field_is_refused_on_coarse_pixels_too_and_the_cause_is_named(
    degrees: float,
) -> None:
    rng = random(112)
    content = cells(SIZE, rng, per_field=60, radius=7.0)
    light = ndimage.rotate(content, degrees, reshape=False, order=3, mode="wrap")
    light = shifted(light, (-9.0, 7.0))
    frames = [photograph(field(part, SIZE)[None], rng, signal=300) for part in (content, light)]
    match = match_region(frames[0], frames[1], Limits())
    assert "turned by" in "; ".join(match.doubts), match
    assert match.evidence is not None
    assert abs(abs(match.evidence.support.turn.degrees) - degrees) < 0.2
