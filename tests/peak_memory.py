"""By how much work raises the peak of the memory that a process of its own has."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from tests.forks import forks


def peak_grown_by(small: Callable[[], object], big: Callable[[], object]) -> int:
    """Return the bytes by which some work raises the peak, after a small piece of the same kind.

    Both are sent to a process made for them; what they load and keep is not counted twice.
    """
    here, there = forks.Pipe(duplex=False)
    process = forks.Process(target=_measure, args=(small, big, there))
    process.start()
    there.close()
    grown: int = here.recv()
    process.join()
    return grown


def _measure(small: Callable[[], object], big: Callable[[], object], pipe: Connection) -> None:
    small()
    before = _peak()
    big()
    pipe.send(_peak() - before)


def _peak() -> int:
    # Not getrusage: its figure is that of the process that started this one, where that is larger.
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
