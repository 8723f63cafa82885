"""Pictures of extreme values are compared as others are; what is within reach is left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.estimate.candidate import Limits
from tasks.estimate.match import match_region
from tasks.pixels.reach import within_reach
from tasks.quality.floats import as_picture
from tasks.quality.residual import motion_left
from tests.estimate.samples import cells, field, moved, photograph, random

SHIFT = (7.0, -5.0)


@pytest.fixture(scope="module")
def pair() -> tuple[NDArray[Any], NDArray[Any]]:
    """A field of cells in two acquisitions, in float64."""
    rng = random(7)
    content = cells(256, rng, per_field=40)
    one, two = (
        photograph(field(part, 256), rng, signal=300).astype(np.float64)[None]
        for part in (content, moved(content, [-n for n in SHIFT]))
    )
    return one, two


@pytest.mark.parametrize("power", [-100, -30, 30, 50, 100])
def test_a_shift_does_not_depend_on_how_large_the_numbers_are(
    pair: tuple[NDArray[Any], NDArray[Any]], power: int
) -> None:
    usual = match_region(*pair, Limits())
    assert usual.shift[1:] == pytest.approx(SHIFT, abs=0.1)
    extreme = match_region(*(np.ldexp(each, power) for each in pair), Limits())
    assert extreme.confident == usual.confident
    assert extreme.shift == pytest.approx(usual.shift, abs=1e-3)


def test_numbers_of_64_bits_are_compared(pair: tuple[NDArray[Any], NDArray[Any]]) -> None:
    one, two = (each.astype(np.uint64) * 10**15 for each in pair)
    assert match_region(one, two, Limits()).shift[1:] == pytest.approx(SHIFT, abs=0.1)


@pytest.mark.parametrize("power", [-100, 50, 100])
def test_what_is_left_does_not_depend_on_it_either(
    pair: tuple[NDArray[Any], NDArray[Any]], power: int
) -> None:
    usual, extreme = (
        motion_left(*(as_picture(np.ldexp(each, by)) for each in pair)) for by in (0, power)
    )
    assert len(usual.motion) > 0
    assert np.allclose(extreme.motion, usual.motion, atol=1e-3)


def test_what_is_within_reach_is_left_as_it_is() -> None:
    values = np.array([-3.0, np.nan, 1.0], np.float32)
    assert within_reach(values, np.dtype("float32")) is values
    nothing = np.zeros(3, np.float32)
    assert within_reach(nothing, np.dtype("float64")) is nothing
    large = np.array([-(2.0**40), np.nan, 0], np.float32)
    assert within_reach(large, np.dtype("uint16")) is large
    brought = within_reach(large, np.dtype("float32"))
    assert brought[0] == -(2.0**7)
    assert np.isnan(brought[1])
    assert brought[2] == 0
