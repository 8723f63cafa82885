"""Progress bars on a terminal: one live display, shared by all images written at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class TerminalBars:
    """Bars that appear with the first piece of work and go with the last; rich allows one display.

    Nothing is shown where the console is not a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = Lock()
        self._display: Progress | None = None
        self._rows = 0

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Show a bar for one piece of work; call the result with blocks done and blocks in all."""
        if not self._console.is_terminal:
            yield lambda _done, _total: None
            return
        with self._lock:
            display = self._display or self._start()
            self._rows += 1
        row = display.add_task(what, total=None)
        try:
            yield lambda done, total: display.update(row, completed=done, total=total)
        finally:
            display.remove_task(row)
            with self._lock:
                self._rows -= 1
                if self._rows == 0:
                    display.stop()
                    self._display = None

    def _start(self) -> Progress:
        self._display = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._display.start()
        return self._display


TERMINAL_BARS = TerminalBars(Console(stderr=True))
