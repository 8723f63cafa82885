"""A rim gives what the tile would give, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.pixels.rim import TileRim
from tasks.plan.window import Window

TILE = np.arange(2 * 9 * 11).reshape(2, 9, 11)


@pytest.mark.parametrize(
    ("start", "stop", "reason"),
    [
        ((0, 0, 0), (2, 2, 11), "upper rows"),
        ((1, 7, 3), (2, 9, 5), "some of the lower rows"),
        ((0, 2, 0), (2, 8, 2), "left columns"),
        ((0, 0, 10), (1, 9, 11), "one right column"),
        ((0, 8, 10), (2, 9, 11), "a corner"),
    ],
)
def test_windows_of_the_rim_are_those_of_the_tile(
    start: tuple[int, ...], stop: tuple[int, ...], reason: str
) -> None:
    window = Window(start=start, stop=stop)
    found = TileRim(TILE, 2).find(window)
    assert found is not None, reason
    np.testing.assert_array_equal(found, TILE[window.slices])


@pytest.mark.parametrize(
    ("start", "stop"),
    [((0, 0, 0), (2, 3, 11)), ((0, 2, 2), (1, 3, 3)), ((0, 0, 0), (2, 9, 11))],
    ids=["a row too many", "the middle", "all"],
)
def test_what_is_more_than_rim_is_not_there(start: tuple[int, ...], stop: tuple[int, ...]) -> None:
    assert TileRim(TILE, 2).find(Window(start=start, stop=stop)) is None


def test_a_rim_is_a_copy_and_says_what_it_takes() -> None:
    tile = TILE.copy()
    rim = TileRim(tile, 2)
    tile[...] = 0
    found = rim.find(Window(start=(0, 0, 0), stop=(1, 1, 4)))
    assert found is not None
    assert found.tolist() == [[[0, 1, 2, 3]]]
    assert rim.nbytes == 2 * (2 * 2 * 11 + 2 * 2 * 9) * TILE.itemsize


def test_a_tile_narrower_than_the_margin_is_all_rim() -> None:
    rim = TileRim(TILE[:, :1, :1], 2)
    assert rim.find(Window.whole((2, 1, 1))) is not None
