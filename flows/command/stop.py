"""Let Ctrl-C and SIGTERM stop a command within seconds, whatever it is waiting for."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from types import FrameType
from typing import NoReturn

from tasks.stopping import STOPPING

SECONDS_TO_END = 5.0
"""How long a run may take to end in order; then it ends as it is, which is as safe as a crash."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SECONDS_BETWEEN_LOOKS = 0.5
_to_be_told = threading.Lock()
_KILLED_BY = 128
"""Shells give a program that a signal ended this exit code plus the signal's number."""


@contextmanager
def stopped_within_seconds() -> Iterator[None]:
    """Say in one line that the command was stopped, and end it with all that it has started.

    Raises:
        SystemExit: Where it was stopped: 130 for Ctrl-C, 143 for SIGTERM.
    """
    received = [signal.SIGINT]

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received[0] = signal.Signals(number)
        raise KeyboardInterrupt

    # Python tells this socket at once, whoever handles the signal, be the main thread stuck or not.
    told, hears = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, interrupt)
    threading.Thread(target=_end_in_any_case, args=(told, hears), daemon=True).start()
    try:
        yield
    except KeyboardInterrupt:
        _tell(received[0])
        sys.exit(_KILLED_BY + received[0])


def _end_in_any_case(_told: socket.socket, hears: socket.socket) -> NoReturn:
    # The other end is held too, until the process has ended: what comes then can still get stuck.
    number = _next_signal(hears)
    STOPPING.ask()
    sleep(SECONDS_TO_END)
    _tell(number)
    _kill_descendants()
    os._exit(_KILLED_BY + number)


def _next_signal(hears: socket.socket) -> signal.Signals:
    hears.settimeout(_SECONDS_BETWEEN_LOOKS)
    while True:
        try:
            (number,) = hears.recv(1)
        except TimeoutError:
            # polars, once it is loaded, lets Ctrl-C wait until the main thread wakes by itself.
            signal.siginterrupt(signal.SIGINT, True)
        else:
            if number in _SIGNALS:
                return signal.Signals(number)


def _tell(received: signal.Signals) -> None:
    if not _to_be_told.acquire(blocking=False):
        return
    sys.stderr.write(
        f"plate-registration: stopped by {received.name}; every image is complete in its old or "
        "its new form. Run again to do what is left\n"
    )
    sys.stderr.flush()


def _kill_descendants() -> None:
    """Kill what this process has started, and what that has, a server of Prefect's for one."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, can hold anything; state and parent come after it.
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    doomed = [os.getpid()]
    for process in doomed:
        doomed += children.get(process, [])
    for process in doomed[1:]:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
