"""What a region proposes beside its verdict, and what is found where others say it should lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.estimate.candidate import Limits
from tasks.estimate.match import PROPOSED, match_near, match_region, propose
from tests.estimate.samples import pair, photograph, random

SIZE = 128
TRUTH = (0.0, 9.4, -13.2)


def off(shift: tuple[float, float, float], truth: tuple[float, float, float] = TRUTH) -> float:
    return float(np.max(np.abs(np.subtract(shift, truth))))


def lattice(by: tuple[float, float], rng: np.random.Generator) -> NDArray[np.uint16]:
    y, x = np.mgrid[:SIZE, :SIZE]
    period = 16
    light = np.cos(2 * np.pi * (y - by[0]) / period) + np.cos(2 * np.pi * (x - by[1]) / period)
    return photograph((light > 0.8).astype(float), rng, signal=400)[None]


def test_a_trusted_shift_stands_alone_and_is_the_verdict() -> None:
    frames = pair(SIZE, TRUTH[1:], random(90), per_field=25)
    assert propose(*frames, Limits()) == (match_region(*frames, Limits()),)
    assert match_region(*frames, Limits()).confident


def test_where_nothing_is_sure_the_right_one_is_among_the_proposals() -> None:
    rng = random(91)
    frames = lattice((0.0, 0.0), rng), lattice((-9.4, 13.2), rng)
    found = propose(*frames, Limits())
    assert 1 < len(found) <= PROPOSED
    assert found[0] == match_region(*frames, Limits())
    assert all(match.doubts and match.evidence for match in found)
    # All lie a whole number of periods from the truth, and none is named twice.
    for match in found:
        rest = (np.subtract(match.shift, TRUTH)[1:] + 8) % 16 - 8
        assert np.max(np.abs(rest)) < 0.5
    assert min(off(match.shift) for match in found) < 0.5
    assert len({tuple(np.round(match.shift)) for match in found}) == len(found)


@pytest.mark.parametrize("error", [(0.0, 0.0), (3.0, -4.0)])
def test_what_repeats_is_found_near_the_place_where_it_should_lie(
    error: tuple[float, float],
) -> None:
    rng = random(92)
    frames = lattice((0.0, 0.0), rng), lattice((-9.4, 13.2), rng)
    expected = (0.0, TRUTH[1] + error[0], TRUTH[2] + error[1])
    match = match_near(*frames, Limits(), expected=expected, within=(0, 5, 5))
    assert match.confident, match.doubts
    assert off(match.shift) < 0.5


def test_few_cells_are_enough_near_the_place_where_they_should_lie() -> None:
    frames = pair(SIZE, TRUTH[1:], random(95), per_field=2, signal=150)
    assert not match_region(*frames, Limits()).confident
    match = match_near(*frames, Limits(), expected=(0.0, 11.0, -16.0), within=(0, 5, 5))
    assert match.confident, match.doubts
    assert off(match.shift) < 0.3


@pytest.mark.parametrize("seed", range(6))
def test_unlike_and_empty_fields_are_refused_there_too(seed: int) -> None:
    cells = [pair(SIZE, (0, 0), random(94, seed, n), per_field=10)[0] for n in range(2)]
    blank = [photograph(np.zeros((1, SIZE, SIZE)), random(95, seed, n), signal=1) for n in range(2)]
    for one, two in (cells, blank, (cells[0], blank[1])):
        match = match_near(one, two, Limits(), expected=TRUTH, within=(0, 5, 5))
        assert not match.confident


def test_the_slope_of_a_match_that_lies_outside_the_window_is_none() -> None:
    frames = pair(SIZE, TRUTH[1:], random(96), per_field=25)
    match = match_near(*frames, Limits(), expected=(0.0, 18.0, -13.0), within=(0, 5, 5))
    assert not match.confident
