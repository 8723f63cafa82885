from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.common_motion import common_motion, shared
from tests.quality.scenes import cells, photographed

WIDE = (400, 460)


@pytest.mark.parametrize("motion", [(0, 0), (40, -25), (-60, 60), (3, 180)])
def test_a_far_motion_is_found(motion: tuple[int, int]) -> None:
    sample = cells(WIDE, 300)
    dy, dx = motion
    one = photographed(sample, 1)[140:300, 190:400]
    two = photographed(sample, 2)[140 - dy : 300 - dy, 190 - dx : 400 - dx]
    expected = motion if max(map(abs, motion)) < 150 else (0, 0)
    # A peak between two pixels may be either.
    assert common_motion(one, two) == pytest.approx(expected, abs=1)


def test_unlike_pictures_are_left_where_they_are() -> None:
    one, two = (photographed(cells((200, 220), 80, seed), seed) for seed in (1, 2))
    assert common_motion(one, two) == (0, 0)


@pytest.mark.parametrize("shape", [(1, 50), (3, 3), (2, 40)])
def test_any_shape_and_nothing_in_it(shape: tuple[int, int]) -> None:
    assert common_motion(np.zeros(shape), np.zeros(shape)) == (0, 0)


def test_what_two_pictures_share() -> None:
    one = np.arange(20).reshape(4, 5)
    moved = np.roll(one, (1, -2), axis=(0, 1))
    np.testing.assert_array_equal(shared(one, 1, -2), shared(moved, -1, 2))
