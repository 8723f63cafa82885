"""A shift is found where there is one to be found, and refused where there is none."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.estimate.candidate import Limits, Match
from tasks.estimate.match import match_region
from tasks.estimate.memory import BYTES_PER_WORKING_PIXEL
from tasks.estimate.prepare import working_factor
from tests.estimate.samples import (
    STANDING,
    blurred,
    cells,
    field,
    moved,
    pair,
    photograph,
    random,
    seen_through,
    standing,
    tissue,
)

SIZE = 192


def off_by(match: Match, truth: tuple[float, float]) -> float:
    return float(np.max(np.abs(np.array(match.shift) - (0.0, *truth))))


NOISELESS = [
    ((2.0, -1.0), 60, 8.0, "whole pixels, dense cells"),
    ((0.4, 1.7), 60, 8.0, "fractions, dense cells, nearly the whole field shared"),
    ((-9.63, 14.21), 60, 8.0, "a tenth of each side lost"),
    ((33.37, -32.81), 60, 8.0, "30 % of the field lost"),
    ((-33.5, -33.5), 20, 8.0, "half pixels, fewer cells, 30 % lost"),
    ((7.25, 11.6), 12, 18.0, "large cells"),
    ((7.25, 11.6), 15, 2.5, "small cells on a background without noise"),
]


@pytest.mark.parametrize(
    ("shift", "per_field", "radius"),
    [case[:3] for case in NOISELESS],
    ids=[c[3] for c in NOISELESS],
)
def test_without_noise_the_shift_is_right_to_a_tenth_of_a_pixel(
    shift: tuple[float, float], per_field: float, radius: float
) -> None:
    frames = pair(SIZE, shift, random(1), per_field=per_field, radius=radius, signal=None)
    match = match_region(*frames, Limits())
    assert match.confident, match.doubts
    assert off_by(match, shift) < 0.1


NOISY = [
    ((-12.4, 8.8), 60, 60.0, 0.1, "signal of six noise levels"),
    ((-12.4, 8.8), 60, 25.0, 0.3, "signal hardly above the noise"),
    ((30.2, 25.7), 30, 300.0, 0.2, "a third of the field lost"),
    ((-12.4, 8.8), 8, 300.0, 0.2, "eight cells in the field"),
]


@pytest.mark.parametrize(
    ("shift", "per_field", "signal", "tolerance"),
    [case[:4] for case in NOISY],
    ids=[case[4] for case in NOISY],
)
def test_noise_moves_the_estimate_little(
    shift: tuple[float, float], per_field: float, signal: float, tolerance: float
) -> None:
    frames = pair(SIZE, shift, random(2), per_field=per_field, signal=signal)
    match = match_region(*frames, Limits())
    assert match.confident, match.doubts
    assert off_by(match, shift) < tolerance


def test_planes_shift_too_and_shapes_may_differ() -> None:
    content = tissue((36, 200, 200), random(3))
    truth = (2.3, 17.4, -13.2)
    reference = content[6:26, 20:150, 20:150]
    moving = moved(content, [-n for n in truth])[4:32, 14:150, 20:160]
    # What is cut off at the start moves the region's own origin.
    expected = np.add(truth, (4 - 6, 14 - 20, 20 - 20))
    match = match_region(reference, moving, Limits())
    assert match.confident, match.doubts
    assert np.max(np.abs(np.array(match.shift) - expected)) < 0.1


def test_a_large_region_is_searched_coarse_and_refined_fine() -> None:
    frames = pair(1100, (21.3, -37.6), random(4), per_field=80, radius=20.0)
    match = match_region(*frames, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (21.3, -37.6)) < 0.1


def test_pixels_that_are_no_numbers_do_not_count() -> None:
    one, two = (frame.astype(np.float32) for frame in pair(SIZE, (9, -6), random(5), per_field=60))
    one[:, :50, :70] = np.nan
    two[:, 150:] = np.inf
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (9, -6)) < 0.1


def test_padding_of_a_stitched_well_does_not_hold_the_shift_back() -> None:
    one, two = (np.array(frame) for frame in pair(2 * SIZE, (11, -8), random(6), per_field=200))
    for frame in (one, two):
        frame[:, :SIZE, :SIZE] = frame[:, SIZE:, SIZE:] = 0
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (11, -8)) < 0.1


def test_padding_alone_is_no_match() -> None:
    one, two = (np.array(pair(2 * SIZE, (0, 0), random(7, n), per_field=200)[0]) for n in range(2))
    for frame in (one, two):
        frame[:, :SIZE, :SIZE] = frame[:, SIZE:, SIZE:] = 0
    assert not match_region(one, two, Limits()).confident


def test_cells_that_were_washed_away_do_not_hinder_the_others() -> None:
    rng = random(8)
    kept, lost = (cells(SIZE, rng, per_field=n) for n in (45, 20))
    one = photograph(field(kept + lost, SIZE), rng, signal=300)
    two = photograph(field(moved(kept, (-7.5, 12.0)), SIZE), rng, signal=200)
    match = match_region(one[None], two[None], Limits())
    assert match.confident, match.doubts
    assert off_by(match, (7.5, -12.0)) < 0.3


def test_a_bright_speck_in_one_acquisition_does_not_hinder() -> None:
    one, two = (np.array(frame) for frame in pair(SIZE, (7, -5), random(9), per_field=60))
    two[0, 40:52, 130:141] = 65535
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (7, -5)) < 0.3


def nothing(rng: np.random.Generator) -> NDArray[np.uint16]:
    return photograph(np.zeros((SIZE, SIZE)), rng, signal=1)[None]


def blobs(count: int, rng: np.random.Generator, *, full: float) -> NDArray[np.uint16]:
    y, x = np.mgrid[:SIZE, :SIZE]
    light = np.zeros((SIZE, SIZE))
    for _ in range(count):
        at_y, at_x = rng.uniform(20, SIZE - 20, 2)
        light += np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * 10.0**2))
    return np.minimum(photograph(light, rng, signal=full), 40000)[None]


def repeating(period: float, rng: np.random.Generator, by: float) -> NDArray[np.uint16]:
    y, x = np.mgrid[:SIZE, :SIZE] + by
    wells = np.cos(2 * np.pi * y / period) + np.cos(2 * np.pi * x / period) > 0.5
    return photograph(wells.astype(float), rng, signal=500)[None]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", STANDING)
def test_a_standing_pattern_in_empty_frames_is_refused(kind: str, seed: int) -> None:
    rng = random(10, seed)
    pattern = standing(kind, SIZE, rng)
    one, two = (seen_through(nothing(rng), pattern) for _ in range(2))
    assert not match_region(one, two, Limits()).confident


@pytest.mark.parametrize("kind", STANDING)
def test_the_sample_is_found_behind_a_standing_pattern(kind: str) -> None:
    rng = random(11)
    pattern = standing(kind, SIZE, rng)
    one, two = (
        seen_through(frame, pattern)
        for frame in pair(SIZE, (-13.0, 6.0), rng, per_field=60, signal=100)
    )
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (-13.0, 6.0)) < 0.3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("per_field", "radius"), [(60, 8.0), (20, 8.0), (6, 8.0), (2, 8.0), (3, 30.0), (10, 2.5)]
)
def test_different_content_is_refused(per_field: float, radius: float, seed: int) -> None:
    one, two = (
        pair(SIZE, (0, 0), random(12, seed, n), per_field=per_field, radius=radius)[0]
        for n in range(2)
    )
    assert not match_region(one, two, Limits()).confident


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("full", [800.0, 60000.0])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_alike_blobs_are_no_proof(count: int, full: float, seed: int) -> None:
    rng = random(13, seed)
    one, two = (blobs(count, rng, full=full) for _ in range(2))
    assert not match_region(one, two, Limits()).confident


@pytest.mark.parametrize("period", [8, 16, 24, 40])
def test_what_repeats_is_refused(period: float) -> None:
    rng = random(14)
    one, two = repeating(period, rng, 0), repeating(period, rng, 3)
    assert not match_region(one, two, Limits()).confident


def test_noise_and_cells_against_nothing_are_refused() -> None:
    rng = random(15)
    full = pair(SIZE, (0, 0), rng, per_field=60)[0]
    for one, two in ((nothing(rng), nothing(rng)), (full, nothing(rng)), (nothing(rng), full)):
        assert not match_region(one, two, Limits()).confident


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (np.full((1, 64, 64), 65535, np.uint16), "all its pixels are 65535"),
        (np.zeros((1, 64, 64), np.uint8), "all its pixels are 0"),
        (np.full((1, 64, 64), np.nan, np.float32), "too few valid pixels"),
        (np.zeros((1, 0, 64), np.uint8), "too few valid pixels"),
        (np.zeros((1, 1, 1), np.uint8), "all its pixels are 0"),
    ],
    ids=["saturated", "constant", "no numbers", "no pixels", "one pixel"],
)
def test_a_region_without_content_says_why(region: NDArray[np.generic], said: str) -> None:
    content = pair(64, (0, 0), random(16), per_field=8)[0]
    for one, two, whose in ((region, content, "reference"), (content, region, "moving region")):
        match = match_region(one, two, Limits())
        assert not match.confident
        assert match.score == 0
        assert whose in match.doubts[0]
        assert said in match.doubts[0]


def test_a_shift_beyond_the_largest_allowed_is_refused() -> None:
    frames = pair(SIZE, (20.0, -3.0), random(17), per_field=60)
    match = match_region(*frames, Limits(max_shift=(0, 15, 15)))
    assert "beyond" in " ".join(match.doubts)
    assert match_region(*frames, Limits(max_shift=(0, 25, 25))).confident


def test_other_fields_tell_a_pattern_from_a_sample_that_did_not_move() -> None:
    rng = random(18)
    few = [pair(SIZE, (0, 0), rng, per_field=8) for _ in range(3)]
    alone = match_region(*few[0], Limits())
    match = match_region(*few[0], Limits(), lambda: few[1:])
    assert match.confident, match.doubts
    assert off_by(match, (0, 0)) < 0.3
    assert alone.shift == pytest.approx(match.shift, abs=0.1) or not alone.confident

    pattern = standing("bright dust", SIZE, rng)
    dusty = [tuple(seen_through(nothing(rng), pattern) for _ in range(2)) for _ in range(3)]
    asked = []

    def strangers() -> list[tuple[NDArray[np.uint16], ...]]:
        asked.append(1)
        return dusty[1:]

    assert not match_region(*dusty[0], Limits(), strangers).confident
    assert asked, "the other fields were not looked at"


def test_other_fields_full_of_cells_do_not_hide_a_pattern() -> None:
    rng = random(19)
    pattern = standing("smooth noise", SIZE, rng)
    full = [
        tuple(seen_through(frame, pattern) for frame in pair(SIZE, (9, 9), rng, per_field=60))
        for _ in range(2)
    ]
    one, two = (seen_through(nothing(rng), pattern) for _ in range(2))
    assert not match_region(one, two, Limits(), lambda: full).confident


def test_swapping_the_regions_turns_the_shift_round() -> None:
    one, two = pair(SIZE, (-12.4, 8.8), random(20), per_field=60)
    there, back = match_region(one, two, Limits()), match_region(two, one, Limits())
    assert np.array(there.shift) == pytest.approx(-np.array(back.shift), abs=0.03)


def test_blur_between_acquisitions_is_no_hindrance() -> None:
    rng = random(21)
    content = cells(SIZE, rng, per_field=60)
    one = photograph(field(content, SIZE), rng, signal=300)
    out_of_focus = blurred(moved(content, (5.5, 3.0)), (3.0, 3.0))
    two = photograph(field(out_of_focus, SIZE), rng, signal=300)
    match = match_region(one[None], two[None], Limits())
    assert match.confident, match.doubts
    assert off_by(match, (-5.5, -3.0)) < 0.2


@pytest.mark.parametrize("shape", [(1, 512, 512), (16, 128, 128), (2, 1536, 1536)])
def test_memory_is_bounded_by_the_working_pixels(shape: tuple[int, int, int]) -> None:
    frames = [random(22, n).integers(0, 1000, shape).astype(np.uint16) for n in range(2)]
    factor = working_factor(shape)
    tracemalloc.start()
    match_region(*frames, Limits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # And what an imported module leaves behind.
    assert peak < BYTES_PER_WORKING_PIXEL * np.prod(shape) / factor**2 + 5e6


def cut(
    light: NDArray[np.float64], corner: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Photograph one field with a camera's own pattern, and lay it into a dark frame at a corner.

    So do stitching, and cutting images of unequal size to one: the edges of the field and the
    camera's pattern then lie elsewhere in each acquisition.
    """
    camera = random(30)
    added = 2 * camera.standard_normal((1, SIZE)) + 2 * camera.standard_normal((SIZE, 1))
    added = added + 2 * camera.standard_normal((SIZE, SIZE))
    frame = 100 + rng.standard_normal((SIZE + 100, SIZE + 100))
    y, x = corner
    frame[y : y + SIZE, x : x + SIZE] = photograph(light, rng, signal=200, background=20) + added
    return np.rint(frame).astype(np.uint16)[None]


@pytest.mark.parametrize("view", ["all", "corner", "inside"])
def test_the_cameras_pattern_is_no_match_where_fields_were_cut_elsewhere(view: str) -> None:
    rng = random(31)
    empty = np.zeros((SIZE, SIZE))
    one, two = cut(empty, (50, 60), rng), cut(empty, (38, 81), rng)
    part = {"all": slice(None), "corner": slice(0, 160), "inside": slice(100, 280)}[view]
    match = match_region(one[:, part, part], two[:, part, part], Limits())
    assert not match.confident


def test_the_sample_is_found_in_fields_that_were_cut_elsewhere() -> None:
    rng = random(32)
    content = cells(SIZE, rng, per_field=40)
    seen = (field(content, SIZE), field(moved(content, (3.0, -9.0)), SIZE))
    one, two = cut(seen[0], (50, 60), rng), cut(seen[1], (38, 81), rng)
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    # The field's own place and the sample's place in it.
    assert off_by(match, (50 - 38 - 3.0, 60 - 81 + 9.0)) < 0.2


def test_a_frame_padded_elsewhere_does_not_hold_the_shift_back() -> None:
    one, two = (np.array(frame) for frame in pair(SIZE, (11, -8), random(33), per_field=60))
    one[:, :40] = 0
    two[:, :, 170:] = 0
    two[:, 160:] = 0
    match = match_region(one, two, Limits())
    assert match.confident, match.doubts
    assert off_by(match, (11, -8)) < 0.1


def test_what_looks_like_sample_and_stands_still_is_told_of() -> None:
    # Many bright specks of dirt look as cells do that have not moved.
    rng = random(34)
    light = field(cells(SIZE, rng, per_field=60, radius=4.0), SIZE)
    one, two = (photograph(light, rng, signal=150)[None] for _ in range(2))
    match = match_region(one, two, Limits())
    assert "dirt" in match.remark or not match.confident
    moved_on = pair(SIZE, (6, 4), rng, per_field=60)
    assert match_region(*moved_on, Limits()).remark == ""


def test_a_bar_is_no_proof_however_long_it_is() -> None:
    rng = random(35)
    frames = []
    for at in (90, 97):
        light = np.zeros((SIZE, SIZE))
        light[at : at + 20] = 1.0
        light[:, 60:75] += 0.8
        frames.append(photograph(blurred(light, (1.5, 1.5)), rng, signal=300)[None])
    assert not match_region(frames[0], frames[1], Limits()).confident


def test_flat_regions_are_compared_without_a_warning() -> None:
    one = np.zeros((1, 64, 64), np.uint16)
    one[0, 32, 32] = 1
    assert not match_region(one, one, Limits()).confident
