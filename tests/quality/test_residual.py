from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.residual import motion_left, residual_motion
from tests.quality.scenes import cells, photographed, turned

WIDE, SEEN = (400, 460), (slice(60, 330), slice(60, 380))


@pytest.mark.parametrize(
    ("shift", "reason"),
    [
        ((0.0, 0.0), "registered exactly"),
        ((0.4, -0.3), "what rounding to whole pixels leaves"),
        ((3.3, 2.0), "a wrong shift of some pixels"),
        ((-7.0, 9.5), "near what a block can tell"),
    ],
)
def test_a_common_motion_is_found_in_most_blocks(shift: tuple[float, float], reason: str) -> None:
    sample = cells(WIDE, 250)
    one = photographed(sample, 1)[SEEN]
    two = photographed(turned(sample, 0.0, shift), 2)[SEEN]
    found = residual_motion(one, two)
    assert found.looked_at > 40
    assert len(found.motion) > 0.5 * found.looked_at, reason
    assert np.median(found.motion, axis=0) == pytest.approx(shift, abs=0.1)


@pytest.mark.parametrize("shift", [(0.4, -0.3), (3.3, 2.0), (-40.0, 65.5), (90.0, 3.0)])
def test_any_motion_is_found_where_the_reference_shows_it(shift: tuple[float, float]) -> None:
    sample = cells(WIDE, 250)
    one = photographed(sample, 1)[SEEN]
    two = photographed(turned(sample, 0.0, shift), 2)[SEEN]
    found = motion_left(one, two)
    assert len(found.motion) > 0.5 * found.looked_at
    assert np.median(found.motion, axis=0) == pytest.approx(shift, abs=0.1)
    # No block lies where only one of the two shows the sample.
    low = np.maximum(0, -np.array(shift))
    assert (found.centre.min(axis=0) > low).all()
    assert (found.centre.max(axis=0) < np.array(one.shape) - np.maximum(0, shift)).all()


def test_unlike_pictures_show_no_motion() -> None:
    one, two = (photographed(cells(WIDE, 250, seed), seed)[SEEN] for seed in (1, 2))
    found = residual_motion(one, two)
    assert found.looked_at > 30
    assert len(found.motion) < 0.25 * found.looked_at


def test_noise_is_no_content() -> None:
    one, two = (photographed(np.full(WIDE, 100.0), seed) for seed in (1, 2))
    found = residual_motion(one, two)
    assert (found.looked_at, found.in_one_only) == (0, (0, 0))


def test_content_of_one_picture_only_is_counted_apart() -> None:
    spot = np.full((120, 240), 100.0)
    spot[40:60, 40:60] = 3000.0
    elsewhere = np.roll(spot, 120, axis=1)
    found = residual_motion(photographed(spot, 1), photographed(elsewhere, 2))
    assert found.looked_at == 0
    assert min(found.in_one_only) > 0


def test_half_of_a_picture_that_moved_by_itself_shows_there_only() -> None:
    sample = cells(WIDE, 300)
    moved = sample.copy()
    moved[:, 220:] = turned(sample, 0.0, (4.0, 0.0))[:, 220:]
    found = residual_motion(photographed(sample, 1)[SEEN], photographed(moved, 2)[SEEN])
    right = found.centre[:, 1] > 220 - 60 + 30
    left = found.centre[:, 1] < 220 - 60 - 30
    assert np.median(found.motion[right, 0]) == pytest.approx(4.0, abs=0.2)
    assert np.median(found.motion[left, 0]) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("shape", [(5, 5), (24, 24), (25, 61), (49, 200)])
def test_any_shape_is_looked_at(shape: tuple[int, int]) -> None:
    picture = cells(shape, 6)
    found = residual_motion(photographed(picture, 1), photographed(picture, 2))
    assert found.looked_at <= 40


@pytest.mark.parametrize(("light", "seed"), [(40, 0), (40, 1), (60, 2)])
def test_haze_that_moved_does_not_seem_to_be_in_its_place(light: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.indices((270, 320))
    haze = [light * np.exp(-((y - at) ** 2 + (x - 300 - at / 9) ** 2) / 3200) for at in (190, 180)]
    found = residual_motion(*(each + rng.normal(150, 7, each.shape) for each in haze))
    # What is told by the slopes of noise is no motion, wherever the haze lies.
    assert found.looked_at > 5
    assert len(found.motion) < 0.5 * found.looked_at
