"""Run Prefect's server for as long as the process that started it holds its standard input open."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from importlib import import_module

import uvicorn

from flows.server.turns import take_turns

_CODE = "prefect.server.api.server"
_SECONDS_TO_END = 20
"""How long the server may take to end in order, where nobody is left who would kill it."""


def main() -> None:
    """Serve on the listening socket whose file descriptor is the first argument.

    The server's code is loaded at once, which takes most of a start. Nothing is served, and no
    database is made, before a byte comes through standard input: a server may not be wanted.
    """
    listening = socket.socket(fileno=int(sys.argv[1]))
    wanted = threading.Event()
    threading.Thread(target=_follow_the_starter, args=[wanted], daemon=True).start()
    take_turns()
    import_module(_CODE)
    wanted.wait()
    config = uvicorn.Config(f"{_CODE}:create_app", factory=True, log_level="error", lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])


def _follow_the_starter(wanted: threading.Event) -> None:
    # The other end closes when that process ends, also where it is killed. Not through `sys.stdin`:
    # a thread that reads from it lets Python crash at its own end.
    while os.read(sys.stdin.fileno(), 1):
        wanted.set()
    os.kill(os.getpid(), signal.SIGTERM)
    # In order, a server waits for each open connection to close.
    time.sleep(_SECONDS_TO_END)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
