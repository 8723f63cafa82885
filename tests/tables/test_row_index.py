"""The rows near a region are found, few others, and rows move as if all had been looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window
from tasks.survey.boxes import Boxes
from tasks.tables import shift as moving
from tasks.tables.row_index import RowIndex
from tasks.tables.shift import shift_boxes

PIXEL = 0.325


def table(rows: int, extent: float, largest: float, seed: int = 0) -> Boxes:
    """Boxes of all sizes up to the largest, partly outside; the first one covers all."""
    random = np.random.default_rng(seed)
    start = random.uniform(-0.1, 1.05, (rows, 2)) * extent
    length = random.uniform(0, largest, (rows, 2)) * random.integers(0, 2, (rows, 1))
    start[0], length[0] = -1, 2 * extent
    return Boxes(tuple(map(str, range(rows))), ("y", "x"), start, length)


def regions(side: int, size: int, overlap: int = 0) -> Pyramid:
    shape = (side * size, side * size)
    shifts = []
    for place in np.ndindex(side, side):
        start = tuple(n * size for n in place)
        source = Window(start=start, stop=tuple(a + size + overlap for a in start))
        offset = (sum(place) % 3, -(place[0] % 2))
        shift = Shift(region=str(place), source=source, target=source.moved_by(offset))
        shifts.append(shift.clipped_to(shape, shape))
    return Pyramid(
        path="",
        axes=("y", "x"),
        pixel_size=(PIXEL, PIXEL),
        levels=(Level(path="0", shape=shape, chunks=(64, 64), dtype="uint16"),),
        resampling="linear",
        shifts=tuple(shifts),
    )


@pytest.mark.parametrize("largest", [0.0, 3.0, 40.0])
@pytest.mark.parametrize("overlap", [0, 5])
def test_equals_looking_at_every_row(
    largest: float, overlap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyramid, boxes = regions(8, 16, overlap), table(500, 8 * 16 * PIXEL, largest)
    found = shift_boxes(boxes, pyramid)
    monkeypatch.setattr(RowIndex, "near", lambda *_: np.arange(500))
    expected = shift_boxes(boxes, pyramid)
    for name in ("kept", "cut", "torn"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert expected.kept.any()
    assert not expected.kept.all()
    for name in ("start", "length"):
        values, wanted = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(values[found.kept], wanted[found.kept])


def test_rows_looked_at_grow_with_rows_and_regions_not_with_their_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[int] = []
    piece = moving._moved_piece

    def counting(start: npt.NDArray[Any], *others: Any) -> Any:
        looked_at.append(len(start))
        return piece(start, *others)

    monkeypatch.setattr(moving, "_moved_piece", counting)
    taken = []
    for side in (8, 16, 32):
        looked_at.clear()
        shift_boxes(table(20 * side**2, side * 16 * PIXEL, 3.0), regions(side, 16))
        taken.append(sum(looked_at) / (20 * side**2))
    # Each row by the regions around it, whatever their number.
    assert max(taken) < 20
    assert taken[2] < 1.3 * taken[0]


def test_without_axes_every_row_is_near() -> None:
    none = np.empty((3, 0))
    assert RowIndex(none, none, np.empty(0)).near(np.empty(0), np.empty(0)).tolist() == [0, 1, 2]


def test_a_box_without_a_value_is_near_to_all() -> None:
    start = np.array([[np.nan, 0.0], *([[5.0, 5.0]] * 20)])
    index = RowIndex(start, np.ones((21, 2)), np.ones(2))
    assert index.near(np.array([90.0, 90]), np.array([91.0, 91])).tolist() == [0]
