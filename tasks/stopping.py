"""Stop work that is under way in other threads: a signal reaches the main thread alone."""

from __future__ import annotations

from threading import Event

from tasks.plan.errors import StoppedError


class Stopping:
    """Whether what runs in this process is to stop; asked between steps that can be long."""

    def __init__(self) -> None:
        self._asked = Event()

    def ask(self) -> None:
        """Let every step of every thread end at the next `check`."""
        self._asked.set()

    def forget(self) -> None:
        """Let new work begin, once all that was to stop has ended."""
        self._asked.clear()

    def check(self) -> None:
        """Do nothing unless work is to stop.

        Raises:
            StoppedError: If it is.
        """
        if self._asked.is_set():
            raise StoppedError("stopped from outside; the original was not touched")


STOPPING = Stopping()
