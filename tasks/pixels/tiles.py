"""Decoded tiles, and the little of them that is kept when there is no room for all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.pixels.blocks import Index
from tasks.plan.window import Window

Pixels = npt.NDArray[Any]

Reading = tuple[Index, int]
"""Some pixels of the source that are read at one time: for which block, and its how manieth."""

Needs = Callable[[Reading], Mapping[Index, Window]]
"""Returns the tiles that a reading needs pixels of, and the box in the source that holds them."""


class TileStore:
    """Keeps each tile that several readings share until the last of them has had it.

    When room runs out, of a tile is kept what the readings to come need of it: for a shifted block,
    a few rows and columns of its neighbours. Any number of threads may ask at once.
    """

    def __init__(self, users: Mapping[Index, set[Reading]], needs: Needs, room: int) -> None:
        """Prepare to keep tiles.

        Args:
            users: The readings that will ask for each tile, each of them once.
            needs: What of each tile a reading needs.
            room: Bytes of decoded pixels to keep at most, beside the tile that is asked for.
        """
        self._left = {tile: set(readings) for tile, readings in users.items()}
        self._needs = needs
        self._room = room
        self.held_bytes = 0
        """Memory that is taken now."""
        self._lock = threading.Lock()
        self._loading: dict[Index, Future[tuple[Window, Pixels]]] = {}
        self._tiles: OrderedDict[Index, tuple[Window, Pixels]] = OrderedDict()
        self._rests: OrderedDict[tuple[Index, Reading], tuple[Window, Pixels]] = OrderedDict()

    def take(
        self, tile: Index, window: Window, reading: Reading, read: Callable[[Window], Pixels]
    ) -> tuple[Window, Pixels]:
        """Return pixels that hold what a reading needs of a tile, and the box that they fill.

        Args:
            tile: Which tile.
            window: Its pixels.
            reading: Who asks.
            read: Reads a box of the source, if that must be.
        """
        with self._lock:
            kept = self._rests.get((tile, reading)) or self._tiles.get(tile)
            if kept is not None:
                if tile in self._tiles:
                    self._tiles.move_to_end(tile)
                return kept
            loading = self._loading.get(tile)
            owner = loading is None
            if loading is None and len(self._left[tile]) > 1:
                loading = self._loading[tile] = Future()
        if loading is None:
            # Nobody else will ask.
            box = self._needs(reading)[tile]
            return box, read(box)
        if not owner:
            return loading.result()
        try:
            loaded = window, read(window)
        except BaseException as error:
            loading.set_exception(error)
            raise
        with self._lock:
            del self._loading[tile]
            self._tiles[tile] = loaded
            self.held_bytes += loaded[1].nbytes
        loading.set_result(loaded)
        return loaded

    def give_back(self, tile: Index, reading: Reading) -> None:
        """Say that a reading has had what it needs of a tile."""
        with self._lock:
            self._left[tile].discard(reading)
            self._drop(self._rests.pop((tile, reading), None))
            if not self._left[tile]:
                self._drop(self._tiles.pop(tile, None))
            self._make_room()

    def _drop(self, kept: tuple[Window, Pixels] | None) -> None:
        if kept is not None:
            self.held_bytes -= kept[1].nbytes

    def _make_room(self) -> None:
        while self.held_bytes > self._room and self._tiles:
            tile, (window, pixels) = self._tiles.popitem(last=False)
            self.held_bytes -= pixels.nbytes
            self._keep_rests(tile, window, pixels)
        while self.held_bytes > self._room and self._rests:
            self._drop(self._rests.popitem(last=False)[1])

    def _keep_rests(self, tile: Index, window: Window, pixels: Pixels) -> None:
        """Copy what readings to come need of a tile, where each needs little: no more in all."""
        room = pixels.nbytes
        for reading in self._left[tile]:
            box = self._needs(reading)[tile]
            rest = pixels[box.moved_by(tuple(-a for a in window.start)).slices]
            if (tile, reading) in self._rests or rest.nbytes > min(room, pixels.nbytes // 2):
                continue
            room -= rest.nbytes
            self._rests[tile, reading] = box, np.array(rest)
            self.held_bytes += rest.nbytes
