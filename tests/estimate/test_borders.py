"""Where a region ends before its frame: found to the pixel, and not found where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.estimate.borders import find_borders
from tests.estimate.samples import cells, field, photograph, random, standing

SIZE = 256


def lit(light: NDArray[np.float64], rows: slice, columns: slice) -> NDArray[np.float32]:
    """Return a frame in which only some rows and columns get light; elsewhere the camera's own."""
    rng = random(50)
    frame = 100 + 1.0 * rng.standard_normal(light.shape)
    frame[rows, columns] = photograph(light, rng, signal=300, background=30)[rows, columns]
    return np.rint(frame).astype(np.float32)[None]


def expected(rows: slice, columns: slice) -> NDArray[np.bool_]:
    dark = np.ones((1, SIZE, SIZE), bool)
    dark[0, rows, columns] = False
    return dark


@pytest.mark.parametrize("per_field", [0, 3, 40])
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 200), slice(0, SIZE)),
        (slice(31, SIZE), slice(0, SIZE)),
        (slice(0, 100), slice(0, 150)),
        (slice(20, 230), slice(40, 200)),
    ],
    ids=["bottom", "top", "corner", "all around"],
)
def test_borders_without_light_are_found(per_field: int, rows: slice, columns: slice) -> None:
    light = field(cells(SIZE, random(51), per_field=max(1, per_field)), SIZE) * bool(per_field)
    frame = lit(light, rows, columns)
    found = find_borders(frame, np.ones(frame.shape, bool))
    assert found is not None
    # Where light begins inside a row of averaged parts, it is known to a pixel or two.
    assert np.mean(found.mask(frame.shape) != expected(rows, columns)) < 0.02


def test_borders_of_zeros_are_found() -> None:
    light = field(cells(SIZE, random(52), per_field=40), SIZE)
    frame = photograph(light, random(52), signal=300).astype(np.float32)[None]
    frame[:, :60] = 0
    found = find_borders(frame, np.ones(frame.shape, bool))
    assert found is not None
    np.testing.assert_array_equal(
        found.mask(frame.shape), expected(slice(60, SIZE), slice(0, SIZE))
    )


@pytest.mark.parametrize("size", [32, 64, SIZE])
@pytest.mark.parametrize("signal", [25, 300])
@pytest.mark.parametrize("per_field", [3, 15, 60, 200])
def test_a_sample_has_no_borders(per_field: int, signal: float, size: int) -> None:
    for seed in range(3):
        rng = random(53, seed)
        density = max(1.0, per_field * (size / 256) ** 2)
        light = field(cells(size, rng, per_field=density), size)
        frame = photograph(light, rng, signal=signal).astype(np.float32)[None]
        assert find_borders(frame, np.ones(frame.shape, bool)) is None


def test_neither_noise_nor_uneven_light_is_a_border() -> None:
    rng = random(54)
    blank = photograph(np.zeros((SIZE, SIZE)), rng, signal=1).astype(np.float32)[None]
    _, times = standing("vignetting", SIZE, rng)
    slope = np.linspace(1, 2, SIZE)[:, None]
    for frame in (blank, blank * times.astype(np.float32), (blank * slope).astype(np.float32)):
        assert find_borders(frame, np.ones(frame.shape, bool)) is None


def test_a_border_with_something_in_it_stays() -> None:
    frame = lit(np.zeros((SIZE, SIZE)), slice(0, 180), slice(0, SIZE))
    frame[0, 200:212, 60:72] += 40
    assert find_borders(frame, np.ones(frame.shape, bool)) is None


def test_borders_are_found_though_the_rows_of_the_camera_differ() -> None:
    for seed in range(1, 4):
        frame = lit(np.zeros((SIZE, SIZE)), slice(31, 230), slice(0, SIZE))
        frame[0, 31:230] += 3 * random(55, seed).standard_normal((199, 1)) - 15
        found = find_borders(frame, None)
        assert found is not None
        assert found.rows == (31, 26)


def test_borders_of_small_regions_are_found_in_little_light() -> None:
    for seed in range(6):
        rng = random(56, seed)
        frame = 100 + rng.standard_normal((48, 48))
        frame[8:, :40] = photograph(np.zeros((40, 40)), rng, signal=1, background=10)
        found = find_borders(np.rint(frame).astype(np.float32)[None], None)
        assert found is not None
        assert (found.rows, found.columns) == ((8, 0), (0, 8))
