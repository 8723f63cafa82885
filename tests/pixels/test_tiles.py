"""Tiles are kept while they are needed and there is room, then what is needed of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tasks.pixels.tiles import Reading, TileStore
from tasks.plan.window import Window

IMAGE = np.arange(64).reshape(8, 8)
"""Of four tiles of 4 x 4."""

ONE, OTHER, LAST = ((0, 0), 0), ((0, 1), 0), ((1, 0), 0)


class Source:
    """Reads boxes of the image and remembers which."""

    def __init__(self) -> None:
        self.boxes: list[Window] = []

    def read(self, box: Window) -> npt.NDArray[Any]:
        self.boxes.append(box)
        return np.array(IMAGE[box.slices])


def tile(y: int, x: int) -> Window:
    return Window(start=(4 * y, 4 * x), stop=(4 * y + 4, 4 * x + 4))


def store(needs: dict[Reading, dict[tuple[int, ...], Window]], room: int) -> TileStore:
    users: dict[tuple[int, ...], set[Reading]] = {}
    for reading, boxes in needs.items():
        for index in boxes:
            users.setdefault(index, set()).add(reading)
    return TileStore(users, needs.__getitem__, room * IMAGE.itemsize)


def use(tiles: TileStore, y: int, x: int, reading: Reading, read: Callable[..., Any]) -> Window:
    box, pixels = tiles.take((y, x), tile(y, x), reading, read)
    np.testing.assert_array_equal(pixels, IMAGE[box.slices])
    tiles.give_back((y, x), reading)
    return box


def test_of_a_tile_that_one_reading_needs_only_that_is_read() -> None:
    source, box = Source(), Window(start=(1, 1), stop=(3, 4))
    assert use(store({ONE: {(0, 0): box}}, 99), 0, 0, ONE, source.read) == box
    assert source.boxes == [box]


def test_a_shared_tile_is_read_once_and_whole() -> None:
    source, box = Source(), Window(start=(1, 1), stop=(2, 2))
    tiles = store({reading: {(0, 0): box} for reading in (ONE, OTHER, LAST)}, 16)
    for reading in (ONE, OTHER, LAST):
        assert use(tiles, 0, 0, reading, source.read) == tile(0, 0)
    assert source.boxes == [tile(0, 0)]


def test_without_room_little_is_kept_and_much_is_read_again() -> None:
    source, row = Source(), Window(start=(0, 0), stop=(1, 4))
    tiles = store({ONE: {(0, 0): row}, OTHER: {(0, 0): row}, LAST: {(0, 0): tile(0, 0)}}, 8)
    assert use(tiles, 0, 0, ONE, source.read) == tile(0, 0)
    assert use(tiles, 0, 0, OTHER, source.read) == row
    assert use(tiles, 0, 0, LAST, source.read) == tile(0, 0)
    assert source.boxes == [tile(0, 0)] * 2


def test_what_is_kept_has_its_limit_too() -> None:
    source = Source()
    needs: dict[Reading, dict[tuple[int, ...], Window]] = {
        ONE: {(0, 0): tile(0, 0), (0, 1): tile(0, 1)},
        OTHER: {
            (0, 0): Window(start=(0, 0), stop=(1, 4)),
            (0, 1): Window(start=(0, 4), stop=(1, 8)),
        },
    }
    tiles = store(needs, 7)
    use(tiles, 0, 0, ONE, source.read)
    use(tiles, 0, 1, ONE, source.read)
    # Room for one row of four pixels, not for two: the older one went.
    use(tiles, 0, 1, OTHER, source.read)
    assert len(source.boxes) == 2
    use(tiles, 0, 0, OTHER, source.read)
    assert source.boxes[2:] == [needs[OTHER][0, 0]]


def test_a_reading_that_fails_fails_for_all_who_wait() -> None:
    tiles = store({ONE: {(0, 0): tile(0, 0)}, OTHER: {(0, 0): tile(0, 0)}}, 99)
    started, go_on = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def fail(_: Window) -> npt.NDArray[Any]:
        started.set()
        go_on.wait(10)
        raise OSError("no such luck")

    def ask(reading: Reading) -> None:
        try:
            tiles.take((0, 0), tile(0, 0), reading, fail)
        except OSError as error:
            errors.append(error)

    first = threading.Thread(target=ask, args=(ONE,))
    first.start()
    started.wait(10)
    second = threading.Thread(target=ask, args=(OTHER,))
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)
    assert [str(error) for error in errors] == ["no such luck"] * 2


@pytest.mark.parametrize("room", [0, 8, 1000])
def test_nothing_stays_behind(room: int) -> None:
    source, row = Source(), Window(start=(0, 0), stop=(1, 4))
    tiles = store({reading: {(0, 0): row} for reading in (ONE, OTHER, LAST)}, room)
    for reading in (ONE, OTHER, LAST):
        use(tiles, 0, 0, reading, source.read)
    assert tiles.held_bytes == 0
