"""Run Prefect's server for as long as the process that started it holds its standard input open."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

import uvicorn


def main() -> None:
    """Serve on the listening socket whose file descriptor is the first argument."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    app = "prefect.server.api.server:create_app"
    config = uvicorn.Config(app, factory=True, log_level="error", lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])


def _end_with_the_starter() -> None:
    # The other end closes when that process ends, also where it is killed. Nothing is sent. Not
    # through `sys.stdin`: a thread that reads from it lets Python crash at its own end.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
