from __future__ import annotations

import numpy as np
import pytest

from tasks.demo.cells import Cell
from tasks.demo.troubles import fluff, is_in, turned, turned_label
from tasks.plan.window import Window


@pytest.mark.parametrize("degrees", [0.3, -2.0, 30.0])
def test_content_moves_as_a_turn_says(degrees: float) -> None:
    shape = (81, 101)
    y, x = np.mgrid[:81, :101] - np.array([40, 50])[:, None, None]
    angle = np.deg2rad(degrees)
    place = (10, 20)
    spot = np.exp(-((y - place[0]) ** 2 + (x - place[1]) ** 2) / 18.0).astype(np.float32)
    seen = turned(spot, degrees)
    expected = (
        np.cos(angle) * place[0] - np.sin(angle) * place[1],
        np.sin(angle) * place[0] + np.cos(angle) * place[1],
    )
    found = [(seen * axis).sum() / seen.sum() for axis in (y, x)]
    assert seen.shape == shape
    assert found == pytest.approx(expected, abs=0.05)
    label = turned_label((spot > 0.5).astype(np.uint32), degrees)
    assert [axis[label == 1].mean() for axis in (y, x)] == pytest.approx(expected, abs=0.5)


def test_no_turn_changes_nothing() -> None:
    light = np.random.default_rng(0).random((9, 8), dtype=np.float32)
    assert turned(light, 0.0) is light


def test_fluff_is_brighter_than_cells_and_covers_little() -> None:
    light = fluff((200, 300), np.random.default_rng(1))
    assert light.max() > 1000
    assert 0 < (light > 100).mean() < 0.15


def test_a_cell_is_where_its_centre_is() -> None:
    cell = Cell(y=5.0, x=9.9, long_radius=4, short_radius=3, angle=0, uptake=1)
    assert is_in(cell, Window(start=(5, 0), stop=(6, 10)))
    assert not is_in(cell, Window(start=(5, 0), stop=(6, 9)))
