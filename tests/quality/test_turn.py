from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.residual import Residuals, residual_motion
from tasks.quality.turn import FEWEST_BLOCKS, fit_turn
from tests.quality.scenes import cells, photographed, turned

WIDE, SEEN = (400, 460), (slice(60, 330), slice(60, 380))


def motions(degrees: float, scale: float, shift: complex, count: int = 40) -> Residuals:
    random = np.random.default_rng(3)
    place = random.uniform(0, 300, (count, 2))
    middle = place.mean(axis=0)
    y, x = (place - middle).T
    angle = np.deg2rad(degrees)
    motion = np.column_stack(
        [shift.real + (scale - 1) * y - angle * x, shift.imag + (scale - 1) * x + angle * y]
    )
    return Residuals(place, motion, count)


@given(
    st.floats(-2, 2), st.floats(0.99, 1.01), st.complex_numbers(max_magnitude=20), st.integers(0, 9)
)
@settings(deadline=None)
def test_angle_and_scale_are_found_whatever_a_quarter_of_the_blocks_say(
    degrees: float, scale: float, shift: complex, seed: int
) -> None:
    residuals = motions(degrees, scale, shift)
    wrong = np.random.default_rng(seed).choice(40, 10, replace=False)
    residuals.motion[wrong] += np.random.default_rng(seed + 1).uniform(-40, 40, (10, 2))
    found = fit_turn(residuals)
    assert found is not None
    assert found.degrees == pytest.approx(degrees, abs=0.01)
    assert found.scale == pytest.approx(scale, abs=2e-4)


@pytest.mark.parametrize("degrees", [0.0, 0.1, 0.3, -0.3, 1.0])
def test_a_turn_of_a_real_picture_is_told_within_0_02_degrees(degrees: float) -> None:
    sample = cells(WIDE, 250)
    one = photographed(sample, 1)[SEEN]
    two = photographed(turned(sample, degrees, (0.3, -0.4)), 2)[SEEN]
    found = fit_turn(residual_motion(one, two))
    assert found is not None
    assert found.degrees == pytest.approx(degrees, abs=0.02)
    assert abs(found.degrees - degrees) < 5 * found.error
    if degrees:
        assert found.share > 0.5


def test_few_blocks_say_nothing_of_a_turn() -> None:
    residuals = motions(1.0, 1.0, 0j, FEWEST_BLOCKS - 1)
    assert fit_turn(residuals) is None


def test_blocks_at_one_place_say_nothing_of_a_turn() -> None:
    place = np.full((8, 2), 20.0)
    assert fit_turn(Residuals(place, np.zeros((8, 2)), 8)) is None
