from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.demo.agreement import cross_correlation
from tasks.plan.window import Window

WHOLE = Window.whole((20, 30))


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(20, 30))


@given(scale=st.floats(0.01, 100), offset=st.floats(-1000, 1000))
def test_brightness_and_contrast_do_not_count(scale: float, offset: float) -> None:
    image = noise(0)
    assert cross_correlation(image, scale * image + offset, [WHOLE]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(noise(0), noise(1), id="unrelated"),
        pytest.param(noise(0), noise(0) + 0.5 * noise(1), id="alike"),
        pytest.param(noise(0), -noise(0), id="opposite"),
    ],
)
def test_is_pearsons_correlation_of_the_pixels(first: np.ndarray, second: np.ndarray) -> None:
    expected = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert cross_correlation(first, second, [WHOLE]) == pytest.approx(expected)


def test_pixels_of_all_windows_are_one_sample_and_no_others_count() -> None:
    windows = [Window(start=(0, 0), stop=(5, 7)), Window(start=(10, 8), stop=(20, 30))]
    first, second = noise(0), noise(0) + noise(1)
    samples = [
        np.concatenate([image[0:5, 0:7].ravel(), image[10:20, 8:30].ravel()])
        for image in (first, second)
    ]
    outside = np.ones((20, 30), dtype=bool)
    for window in windows:
        outside[window.slices] = False
    second[outside] = 1e6
    expected = np.corrcoef(*samples)[0, 1]
    assert cross_correlation(first, second, windows) == pytest.approx(expected)


def test_unsigned_pixels_do_not_wrap_around() -> None:
    dark, bright = np.zeros((2, 2), np.uint16), np.full((2, 2), 65535, np.uint16)
    first, second = np.hstack([dark, bright]), np.hstack([bright, dark])
    assert cross_correlation(first, second, [Window.whole((2, 4))]) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("windows", "image", "why"),
    [
        pytest.param([], noise(0), "no pixel", id="no window"),
        pytest.param([Window(start=(3, 3), stop=(3, 9))], noise(0), "no pixel", id="empty window"),
        pytest.param([WHOLE], np.ones((20, 30)), "without any contrast", id="flat image"),
    ],
)
def test_says_when_correlation_has_no_meaning(
    windows: list[Window], image: np.ndarray, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        cross_correlation(noise(1), image, windows)
