"""A pattern of pixels and an image through a lens are told apart, at any shift."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.estimate.grain import is_of_pixels
from tasks.estimate.prepare import prepare
from tests.estimate.samples import blurred, cells, field, moved, photograph, random

SIZE = 128


@pytest.mark.parametrize("by", [(0, 0), (7, -12)])
@pytest.mark.parametrize("hot", [False, True])
def test_a_pattern_of_pixels_is_told_at_any_shift(by: tuple[int, int], *, hot: bool) -> None:
    rng = random(60)
    pattern = 6 * rng.standard_normal((SIZE + 40, SIZE + 40))
    if hot:
        pattern += 200 * (rng.random(pattern.shape) < 0.002)
    frames = []
    for y, x in ((0, 0), by):
        cut = pattern[20 - y : 20 - y + SIZE, 20 - x : 20 - x + SIZE]
        frames.append(photograph(np.zeros(cut.shape), rng, signal=1)[None] + cut)
    one, two = (prepare(frame) for frame in frames)
    assert is_of_pixels(one, two, (0, -by[0], -by[1]))


def test_it_is_told_where_the_lines_of_the_camera_match_as_well() -> None:
    rng = random(64)
    side = SIZE + 40
    rows, columns = (blurred(rng.standard_normal((side, side)), (n, n)) for n in (6.0, 4.0))
    # Bands many rows wide, which the median of a few neighbours leaves.
    lines = 8 * rows[:, :1] / rows.std() + 8 * columns[:1] / columns.std()
    pattern = lines + 3 * rng.standard_normal((side, side))
    frames = [
        photograph(np.zeros((SIZE, SIZE)), rng, signal=1)[None]
        + pattern[20 - y : 20 - y + SIZE, 20 - x : 20 - x + SIZE]
        for y, x in ((0, 0), (7, -12))
    ]
    one, two = (prepare(frame) for frame in frames)
    assert is_of_pixels(one, two, (0, -7, 12))


def test_it_is_told_between_two_pixels_too() -> None:
    rng = random(61)
    fine = 12 * rng.standard_normal((2 * SIZE, 2 * SIZE + 2))
    binned = [
        fine[:, first : first + 2 * SIZE].reshape(SIZE, 2, SIZE, 2).mean(axis=(1, 3))
        for first in (0, 1)
    ]
    one, two = (
        prepare(photograph(np.zeros((SIZE, SIZE)), rng, signal=1)[None] + part) for part in binned
    )
    assert is_of_pixels(one, two, (0, 0, 0))


@pytest.mark.parametrize("signal", [40.0, 300.0])
@pytest.mark.parametrize(("per_field", "radius"), [(20, 8.0), (60, 3.0)])
def test_cells_are_no_pattern(per_field: float, radius: float, signal: float) -> None:
    rng = random(62)
    content = cells(SIZE, rng, per_field=per_field, radius=radius)
    frames = (field(content, SIZE), field(moved(content, (-5.5, 3.0)), SIZE))
    one, two = (prepare(photograph(frame, rng, signal=signal)[None]) for frame in frames)
    for shift in ((0, 5, -3), (0, 6, -3)):
        assert not is_of_pixels(one, two, shift)


def test_beads_as_small_as_the_lens_allows_are_no_pattern() -> None:
    rng = random(63)
    beads = np.zeros((SIZE, SIZE))
    beads[tuple(rng.integers(0, SIZE, (2, 80)))] = 1.0
    # Half the wavelength over the aperture is two pixels: as fine as can be sampled.
    seen = blurred(beads, (1.0, 1.0)) * 2 * np.pi
    one, two = (prepare(photograph(seen, rng, signal=200)[None]) for _ in range(2))
    assert not is_of_pixels(one, two, (0, 0, 0))
