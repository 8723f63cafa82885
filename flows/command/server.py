"""Prefect's embedded server for one command: it starts while the command's flow is imported."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from flows.command.embedded_server import set_up_embedded_server

SECONDS_TO_END = 5.0
"""How long the server may take to end in order; what it still writes is its own record."""

_CODE = Path(__file__).with_name("server_process.py")

_FOR_ONE_COMMAND = {
    "PREFECT_UI_ENABLED": "0",
    # What Prefect sets for the temporary servers that it starts by itself.
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}


@contextmanager
def prefect_ready_for(module: str, *, verbose: bool) -> Iterator[None]:
    """Import a module of flows, and let them find a server.

    That is the one which the user has configured, else one of our own that ends with the command.
    Prefect would start such a one too, but only when a flow begins, and would load the server's
    code into the command as well (measured: a third of the time that a command for one small image
    takes). Two seconds are won by loading the server's code before it is known whether the user has
    configured one.

    Args:
        module: Imported while the server starts.
        verbose: Show Prefect's log on the terminal. It goes to the server in full in any case; else
            the summary and one line for an error are enough.

    Raises:
        TimeoutError: The server does not answer.
    """
    set_up_embedded_server()
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    # To know for sure takes as long as Prefect takes to load, two seconds.
    server = None if os.environ.get("PREFECT_API_URL") or "prefect" in sys.modules else _Server()
    if not _is_needed():
        if server is not None:
            server.end()
        import_module(module)
        yield
        return
    server = server or _Server()
    server.serve()
    import_module(module)
    with server.found_by_prefect():
        yield


def _is_needed() -> bool:
    from prefect.settings import get_current_settings  # noqa: PLC0415 - it reads the environment

    settings = get_current_settings()
    return settings.api.url is None and settings.server.ephemeral.enabled


class _Server:
    """A process that loads the server's code at once, serves when told, and ends with us."""

    def __init__(self) -> None:
        # The server ends when the other end of its standard input is closed.
        standard_input, self._held_open = os.pipe()
        # Requests wait there until it serves.
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self._url = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                # -P: what lies in the user's folder, a tasks.py for one, is not what is meant here.
                [sys.executable, "-P", str(_CODE), str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdin=standard_input,
                # Ctrl-C is for the command alone, which still has to say how its runs ended.
                process_group=0,
                env={**os.environ, **_FOR_ONE_COMMAND},
            )
        os.close(standard_input)
        # At exit, not before: Prefect sends the last log lines and events while Python shuts down.
        atexit.register(self.end)

    def serve(self) -> None:
        """Let it serve; what goes wrong shows when it is waited for."""
        with suppress(BrokenPipeError):
            os.write(self._held_open, b"\n")

    @contextmanager
    def found_by_prefect(self) -> Iterator[None]:
        """Wait for it, and let Prefect find it."""
        from prefect.settings import (  # noqa: PLC0415 - Prefect reads the environment on import
            PREFECT_API_URL,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
            get_current_settings,
            temporary_settings,
        )

        _wait_for(self._url, get_current_settings().server.ephemeral.startup_timeout_seconds)
        # Nobody looks for crashed runs here, and Prefect waits after every flow run, for up to a
        # second, for the thread that sends its signs of life.
        with temporary_settings(
            {PREFECT_API_URL: self._url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
        ):
            yield

    def end(self) -> None:
        """Close its standard input, and see that it ends."""
        atexit.unregister(self.end)
        os.close(self._held_open)
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _wait_for(url: str, seconds: float) -> None:
    import httpx  # noqa: PLC0415 - Prefect has loaded it by now; help does not need it

    try:
        httpx.get(f"{url}/health", timeout=seconds, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise TimeoutError(
            f"Prefect's embedded server did not start within {seconds:g} s ({error!r}); run again "
            "with --verbose to see why, or set PREFECT_API_URL to a server that runs already"
        ) from error
