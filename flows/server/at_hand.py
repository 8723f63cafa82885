"""Let a flow that is called find a server: the configured one, else our own."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from prefect.context import FlowRunContext
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    get_current_settings,
    temporary_settings,
)

from flows.server.own import OwnServer
from flows.server.settings import SETTINGS, ask_no_proxy_for_this_machine

_starting = threading.Lock()
_shared: list[OwnServer] = []
"""The one of this process, once a flow has needed it."""


def server_at_hand() -> AbstractContextManager[None]:
    """Return a context in which flows find a server, as fast as the one of a command.

    Where none is configured, Prefect would start one for each process that is good for a test:
    not set up for what a plate asks of it, and given up after 20 s, which a busy machine needs.
    Ours is started by the first flow that needs it, serves all that follow, and ends with Python.

    Raises:
        OSError: The server does not answer; the message says why.
    """
    # A flow of the user's that calls ours has its server already.
    if FlowRunContext.get() is not None or not none_is_configured():
        return nullcontext()
    return found(_shared_server())


def none_is_configured() -> bool:
    """Whether Prefect is told of no server, and may start one."""
    settings = get_current_settings()
    return settings.api.url is None and settings.server.ephemeral.enabled


def start(server: OwnServer) -> AbstractContextManager[OwnServer]:
    """Let a server start as Prefect's settings say, until it answers."""
    settings = get_current_settings()
    return server.serving(
        settings.home,
        _at_least(
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS",
            settings.server.ephemeral.startup_timeout_seconds,
        ),
    )


@contextmanager
def found(server: OwnServer) -> Iterator[None]:
    """Let Prefect find our server."""
    retries = get_current_settings().client.max_retries
    with temporary_settings(
        {
            PREFECT_API_URL: server.url,
            PREFECT_CLIENT_MAX_RETRIES: _at_least("PREFECT_CLIENT_MAX_RETRIES", retries),
            # Nobody looks for crashed runs here, and Prefect waits after every flow run, for up to
            # a second, for the thread that sends its signs of life.
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
    ):
        yield


def _at_least(name: str, now: int) -> int:
    # Prefect may have read its settings before we could set ours.
    return max(int(SETTINGS[name]), now)


def _shared_server() -> OwnServer:
    with _starting:
        if _shared and not _shared[0].runs:
            _shared.pop().end()
        if not _shared:
            ask_no_proxy_for_this_machine()
            environment = {
                **os.environ,
                **get_current_settings().to_environment_variables(exclude_unset=True),
            }
            with start(OwnServer(environment, verbose=False)) as server:
                _shared.append(server)
        return _shared[0]
