from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.survey.boxes import Boxes
from tasks.tables.shift import MovedBoxes, shift_boxes
from tests.tables.stored import Move, pyramid

PIXEL = 0.325
"""No power of two: sums of it are rounded."""
SHAPE = (24, 30)


def move(
    boxes: list[dict[str, tuple[float, float]]],
    moves: dict[str, Move],
    *,
    axes: str = "yx",
    shape: tuple[int, ...] = SHAPE,
    pixel: float = PIXEL,
) -> MovedBoxes:
    names = tuple(boxes[0])
    return shift_boxes(
        Boxes(
            names=tuple(map(str, range(len(boxes)))),
            axes=names,
            start=np.array([[box[axis][0] for axis in names] for box in boxes]),
            length=np.array([[box[axis][1] for axis in names] for box in boxes]),
        ),
        pyramid(moves, axes=axes, shape=shape, pixel_size={"y": pixel, "x": pixel}),
    )


def in_pixels(moved: MovedBoxes, row: int, pixel: float = PIXEL) -> list[tuple[float, float]]:
    return [
        (pytest.approx(start / pixel, abs=1e-6), pytest.approx(length / pixel, abs=1e-6))
        for start, length in zip(moved.start[row], moved.length[row], strict=True)
    ]


interval = st.tuples(st.integers(0, 23), st.integers(1, 12))


@st.composite
def moves_in(draw: st.DrawFn) -> dict[str, Move]:
    count = draw(st.integers(1, 3))
    moves: dict[str, Move] = {}
    for n in range(count):
        extent = [draw(st.integers(1, size)) for size in SHAPE]
        source, target = (
            [draw(st.integers(0, size - e)) for size, e in zip(SHAPE, extent, strict=True)]
            for _ in range(2)
        )
        moves[f"region {n}"] = (source, target, extent)
    return moves


@given(moves=moves_in(), y=interval, x=interval)
def test_a_box_of_whole_pixels_ends_where_its_pixels_end(
    moves: dict[str, Move], y: tuple[int, int], x: tuple[int, int]
) -> None:
    # The oracle moves pixels one by one; only pixels inside the image exist, boxes reach further.
    rows = range(y[0], y[0] + y[1])
    columns = range(x[0], x[0] + x[1])
    landed = [
        (row - source[0] + target[0], column - source[1] + target[1])
        for source, target, extent in moves.values()
        for row, column in product(rows, columns)
        if 0 <= row - source[0] < extent[0] and 0 <= column - source[1] < extent[1]
    ]
    moved = move([{"y": (y[0] * PIXEL, y[1] * PIXEL), "x": (x[0] * PIXEL, x[1] * PIXEL)}], moves)
    assert moved.kept[0] == bool(landed)
    if landed:
        expected = [
            (min(values), max(values) + 1 - min(values)) for values in zip(*landed, strict=True)
        ]
        assert in_pixels(moved, 0) == expected


@given(moves=moves_in(), y=interval, x=interval)
def test_cut_and_torn_are_said_exactly_when_they_happen(
    moves: dict[str, Move], y: tuple[int, int], x: tuple[int, int]
) -> None:
    moved = move([{"y": (y[0] * PIXEL, y[1] * PIXEL), "x": (x[0] * PIXEL, x[1] * PIXEL)}], moves)
    touched = {
        tuple(t - s for s, t in zip(source, target, strict=True))
        for source, target, extent in moves.values()
        if y[0] < source[0] + extent[0]
        and source[0] < y[0] + y[1]
        and x[0] < source[1] + extent[1]
        and source[1] < x[0] + x[1]
    }
    assert moved.torn[0] == (len(touched) > 1)
    shorter = (moved.length[0] < np.array([y[1], x[1]]) * PIXEL - 1e-5).any()
    assert moved.cut[0] == (moved.kept[0] and shorter)


def test_an_uncut_box_keeps_its_length_and_start_to_the_last_digit() -> None:
    start, length = 7 * PIXEL, 5 * PIXEL
    moved = move(
        [{"y": (start, length), "x": (start, length)}], {"all": ((0, 0), (3, 2), (20, 28))}
    )
    assert moved.start[0].tolist() == [start + 3 * PIXEL, start + 2 * PIXEL]
    assert moved.length[0].tolist() == [length, length]
    assert not moved.cut[0]


def test_an_identity_changes_nothing_at_all() -> None:
    box = {"y": (1.2345678, 2.3456789), "x": (0.1 + 0.2, 3.3333)}
    moved = move([box], {"all": ((0, 0), (0, 0), SHAPE)})
    assert moved.start[0].tolist() == [box["y"][0], box["x"][0]]
    assert moved.length[0].tolist() == [box["y"][1], box["x"][1]]


def test_positions_between_pixels_move_by_whole_pixels() -> None:
    moved = move(
        [{"y": (0.4 * PIXEL, 3.3 * PIXEL), "x": (2.7 * PIXEL, 1.1 * PIXEL)}],
        {"all": ((0, 0), (3, 2), (20, 28))},
    )
    assert in_pixels(moved, 0) == [(3.4, 3.3), (4.7, 1.1)]


@pytest.mark.parametrize("pixel", [0.1, 0.325])
@pytest.mark.parametrize("first", range(1, 8))
@pytest.mark.parametrize("extent", range(1, 8))
def test_rounding_noise_at_a_region_edge_is_neither_a_cut_nor_a_piece(
    pixel: float, first: int, extent: int
) -> None:
    # 0.1 + 0.2 is more than 0.3. A row that fills a region lies between two others; written as
    # decimal text, as tables are, its start differs from the product too.
    start = round(first * pixel, 6)
    box = {"y": (start, extent * pixel), "x": (0.0, pixel)}
    end = first + extent
    moved = move(
        [box],
        {
            "above": ((0, 0), (0, 9), (first, 20)),
            "own": ((first, 0), (first + 2, 5), (extent, 20)),
            "below": ((end, 0), (end, 1), (24 - end, 20)),
        },
        pixel=pixel,
    )
    assert not moved.cut[0]
    assert not moved.torn[0]
    assert moved.start[0].tolist() == [start + 2 * pixel, 5 * pixel]
    assert moved.length[0].tolist() == [extent * pixel, pixel]


def test_a_row_across_neighbours_that_move_alike_stays_whole() -> None:
    moved = move(
        [{"y": (2 * PIXEL, 4 * PIXEL), "x": (5 * PIXEL, 6 * PIXEL)}],
        {"left": ((0, 0), (3, 2), (20, 8)), "right": ((0, 8), (3, 10), (20, 8))},
    )
    assert not moved.torn[0]
    assert not moved.cut[0]
    assert moved.length[0].tolist() == [4 * PIXEL, 6 * PIXEL]
    assert in_pixels(moved, 0) == [(5, 4), (7, 6)]


def test_a_row_across_regions_that_move_apart_encloses_both_parts() -> None:
    moved = move(
        [{"y": (2 * PIXEL, 4 * PIXEL), "x": (5 * PIXEL, 6 * PIXEL)}],
        {"left": ((0, 0), (1, 0), (20, 8)), "right": ((0, 8), (0, 14), (20, 8))},
    )
    assert moved.torn[0]
    assert in_pixels(moved, 0) == [(2, 5), (5, 12)]


def test_rows_are_independent() -> None:
    moved = move(
        [
            {"y": (0.0, PIXEL), "x": (0.0, PIXEL)},
            {"y": (20 * PIXEL, PIXEL), "x": (20 * PIXEL, PIXEL)},
            {"y": (4 * PIXEL, 4 * PIXEL), "x": (4 * PIXEL, PIXEL)},
        ],
        {"one": ((0, 0), (2, 2), (6, 6))},
    )
    assert moved.kept.tolist() == [True, False, True]
    assert moved.cut.tolist() == [False, False, True]
    assert in_pixels(moved, 2) == [(6, 2), (6, 1)]


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        pytest.param(3.0, True, id="inside"),
        pytest.param(0.0, True, id="on the first pixel's edge: in that pixel"),
        pytest.param(6.0, False, id="on the edge after the last pixel: in the next one"),
        pytest.param(9.0, False, id="outside"),
    ],
)
def test_a_point_belongs_to_the_pixel_it_begins(row: float, kept: bool) -> None:
    moved = move([{"y": (row * PIXEL, 0.0), "x": (PIXEL, 0.0)}], {"one": ((0, 0), (2, 2), (6, 6))})
    assert moved.kept[0] == kept
    if kept:
        assert in_pixels(moved, 0) == [(row + 2, 0), (3, 0)]


@pytest.mark.parametrize(
    ("axes", "shape", "reason"),
    [
        ("yx", SHAPE, "the grid has no z"),
        ("zyx", (1, *SHAPE), "ngio stores an absent z as 1 micrometer, whatever a plane's height"),
    ],
)
def test_z_stays_where_there_is_one_plane_or_none(
    axes: str, shape: tuple[int, ...], reason: str
) -> None:
    boxes = [{"z": (0.0, 7.5), "y": (PIXEL, PIXEL), "x": (PIXEL, PIXEL)}]
    moved = move(boxes, {"one": ((0, 0), (2, 2), (6, 6))}, axes=axes, shape=shape)
    assert moved.kept[0], reason
    assert (moved.start[0, 0], moved.length[0, 0]) == (0.0, 7.5)
    assert not moved.cut[0]


def test_planes_and_time_points_move_and_are_cut_like_rows_and_columns() -> None:
    boxes = [
        {"t": (1.0, 3.0), "z": (0.0, 4.0), "y": (0.0, 1.0), "x": (0.0, 1.0)},
        {"t": (math.nan, math.nan), "z": (0.0, 4.0), "y": (0.0, 1.0), "x": (0.0, 1.0)},
        {"t": (3.0, 1.0), "z": (0.0, 4.0), "y": (0.0, 1.0), "x": (0.0, 1.0)},
    ]
    moved = move(
        boxes,
        {"one": ((0, 1, 0, 0), (0, 0, 0, 0), (2, 3, 24, 30))},
        axes="tzyx",
        shape=(4, 5, 24, 30),
        pixel=1.0,
    )
    assert moved.kept.tolist() == [True, True, False], "no time is every time; 3 to 4 is too late"
    assert moved.start[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert moved.length[0].tolist() == [1.0, 3.0, 1.0, 1.0]
    assert np.isnan(moved.start[1, 0])
    assert np.isnan(moved.length[1, 0])
    assert moved.length[1, 1:].tolist() == [3.0, 1.0, 1.0]


def test_no_rows_and_no_regions_are_no_error() -> None:
    grid = pyramid({}, axes="yx", shape=SHAPE)
    none = np.empty((0, 2))
    assert not shift_boxes(Boxes((), ("y", "x"), none, none), grid).kept.size
    one = np.ones((1, 2))
    assert shift_boxes(Boxes(("a",), ("y", "x"), one, one), grid).kept.tolist() == [False]
