"""What is found where others say that a region should lie, and what its content has against it."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.estimate.candidate import Limits, Match
from tasks.estimate.match import match_region
from tasks.estimate.near import match_near
from tests.estimate.ambiguous import PERIOD, Pair, in_two_parts, lattice
from tests.estimate.samples import cells, field, moved, pair, photograph, random

SIZE = 128
TRUTH = (0.0, 9.4, -13.2)
BACK = (-9.4, 13.2)


def near(frames: Pair, expected: tuple[float, float, float], voices: int = 4) -> Match:
    return match_near(*frames, Limits(), expected=expected, within=(0, 5, 5), voices=voices)


def off(match: Match, truth: tuple[float, float, float] = TRUTH) -> float:
    return float(np.max(np.abs(np.subtract(match.shift, truth))))


@pytest.mark.parametrize("error", [(0.0, 0.0), (3.0, -4.0)])
def test_what_repeats_is_found_where_several_say_that_it_should_lie(
    error: tuple[float, float],
) -> None:
    rng = random(92)
    frames = lattice(SIZE, (0.0, 0.0), rng), lattice(SIZE, BACK, rng)
    match = near(frames, (0.0, TRUTH[1] + error[0], TRUTH[2] + error[1]))
    assert match.confident, match.doubts
    assert off(match) < 0.5


def test_one_voice_is_not_enough_for_what_repeats() -> None:
    rng = random(92)
    frames = lattice(SIZE, (0.0, 0.0), rng), lattice(SIZE, BACK, rng)
    # It may have been taken for its neighbour as well: both places match alike.
    for expected in (TRUTH, (0.0, TRUTH[1] + PERIOD, TRUTH[2])):
        match = near(frames, expected, voices=1)
        assert match.doubts == (
            "its content matches elsewhere as well, and a single field says where it must lie",
        )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("periods", [(1, 0), (1, -1), (0, 2)])
def test_a_lattice_with_an_end_is_not_argued_out_of_its_place(
    periods: tuple[int, int], seed: int
) -> None:
    rng = random(97, seed)
    size = 192
    frames = (
        lattice(size, (0.0, 0.0), rng, ends_at=67),
        lattice(size, BACK, rng, ends_at=67),
    )
    assert off(near(frames, TRUTH)) < 0.5
    y, x = (at + PERIOD * by for at, by in zip(TRUTH[1:], periods, strict=True))
    for voices in (1, 9):
        assert not near(frames, (0.0, y, x), voices).confident


def test_several_decide_for_a_field_in_two_parts_and_one_does_not() -> None:
    shifts = ((9.0, -13.0), (-12.0, 8.0))
    frames = in_two_parts(320, shifts, random(98, 1), share=0.7, per_field=140, parts="mixed")
    match = near(frames, (0.0, 10.0, -12.0), voices=4)
    assert match.confident, match.doubts
    assert off(match, (0.0, 9.0, -13.0)) < 1
    assert "moved in two parts" in "".join(near(frames, (0.0, 10.0, -12.0), voices=1).doubts)
    # More of it follows the other one.
    assert not near(frames, (0.0, -12.0, 8.0)).confident


def test_few_cells_are_enough_near_the_place_where_they_should_lie() -> None:
    frames = pair(SIZE, TRUTH[1:], random(95), per_field=2, signal=150)
    assert not match_region(*frames, Limits()).confident
    for voices in (1, 4):
        match = near(frames, (0.0, 11.0, -16.0), voices)
        assert match.confident, match.doubts
        assert off(match) < 0.3


@pytest.mark.parametrize(("at", "is_whole"), [(60.0, True), (12.0, False)])
def test_one_object_is_enough_where_the_edge_does_not_cut_it(at: float, is_whole: bool) -> None:
    rng = random(99)
    frames = []
    for row, column in ((at, 60.0), (at - TRUTH[1], 60.0 - TRUTH[2])):
        y, x = np.mgrid[:SIZE, :SIZE]
        disc = 1 / (1 + np.exp(np.hypot(y - row, (x - column) / 1.3) - 9))
        frames.append(photograph(disc, rng, signal=300)[None])
    match = near((frames[0], frames[1]), TRUTH)
    assert match.confident == is_whole, match.doubts
    assert is_whole or match.doubts == ("one object alone confirms it, and the edge cuts it",)


def test_what_another_edge_cuts_makes_no_whole_object_of_one_that_is_cut() -> None:
    rng = random(99)
    y, x = np.mgrid[:SIZE, :SIZE]
    frames = []
    for by in ((0.0, 0.0), BACK):
        discs = [
            1 / (1 + np.exp(np.hypot(y - row - by[0], (x - column - by[1]) / 1.3) - 9))
            for row, column in ((70.0, -6.0), (134.0, 32.0))
        ]
        frames.append(photograph(discs[0] + discs[1], rng, signal=300)[None])
    match = near((frames[0], frames[1]), TRUTH)
    assert match.doubts == ("one object alone confirms it, and the edge cuts it",)


@pytest.mark.parametrize("seed", [0, 3, 5, 6])
def test_what_moves_by_itself_does_not_pull_the_place_away(seed: int) -> None:
    rng = random(100, seed)
    still = cells(SIZE, rng, per_field=9)
    loose = [cells(SIZE, rng, per_field=1.5) for _ in range(6)]
    after = [moved(part, rng.uniform(-12, 12, 2)) for part in loose]
    light = still + np.sum(loose, axis=0), moved(still + np.sum(after, axis=0), BACK)
    one, two = (photograph(field(each, SIZE), rng, signal=300)[None] for each in light)
    match = near((one, two), TRUTH)
    assert match.confident, match.doubts
    assert off(match) < 0.5


@pytest.mark.parametrize("seed", [1, 3])
def test_bright_debris_does_not_pull_the_place_away(seed: int) -> None:
    rng = random(101, seed)
    y, x = np.mgrid[:SIZE, :SIZE]
    content = cells(SIZE, rng, per_field=15)
    frames = []
    for each in (content, moved(content, BACK)):
        places = rng.uniform(0, SIZE, (2, 2))
        debris = sum(np.exp(-((y - row) ** 2 + (x - column) ** 2) / 98) for row, column in places)
        frames.append(photograph(field(each, SIZE) + 6 * debris, rng, signal=300)[None])
    match = near((frames[0], frames[1]), TRUTH)
    assert match.confident, match.doubts
    assert off(match) < 0.3


@pytest.mark.parametrize("seed", range(6))
def test_unlike_and_empty_fields_are_refused_there_too(seed: int) -> None:
    full = [pair(SIZE, (0, 0), random(94, seed, n), per_field=10)[0] for n in range(2)]
    blank = [photograph(np.zeros((1, SIZE, SIZE)), random(95, seed, n), signal=1) for n in range(2)]
    for one, two in (full, blank, (full[0], blank[1])):
        assert not near((one, two), TRUTH).confident


def test_the_slope_of_a_match_that_lies_outside_the_window_is_none() -> None:
    frames = pair(SIZE, TRUTH[1:], random(96), per_field=25)
    assert not near(frames, (0.0, 18.0, -13.0)).confident
