"""Processes that own an image, or what a well shares, until they are told to let go, or killed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from pathlib import Path

from tasks.storage.locks import own_image, own_well
from tests.forks import forks

SECONDS = 60
"""That a busy machine does not reach."""


class Holder:
    """A process that owns an image of a well or, without its name, what the well shares."""

    def __init__(
        self,
        well: Path,
        image: str = "",
        *,
        shared: Callable[..., AbstractContextManager[None]] = own_well,
    ) -> None:
        self._here, there = forks.Pipe()
        self._process = forks.Process(target=_hold, args=(well, image, shared, there))
        self._process.start()
        there.close()
        assert self._here.recv() == "held"

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.join(SECONDS)

    def let_go(self) -> None:
        self._here.send("let go")
        self._process.join(SECONDS)
        assert self._process.exitcode == 0


def _hold(
    well: Path,
    image: str,
    shared: Callable[..., AbstractContextManager[None]],
    pipe: Connection,
) -> None:
    with own_image(well, image, timeout=5) if image else shared(well, timeout=5):
        pipe.send("held")
        pipe.recv()
