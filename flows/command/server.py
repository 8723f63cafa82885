"""Prefect for one command: its server starts while the command's flow is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from flows.command.prefect_settings import wrong_settings_told
from flows.command.reach import check_configured_server
from flows.server.own import OwnServer
from flows.server.settings import set_up_server
from tasks.plan.errors import InvalidInputError


@contextmanager
def prefect_ready_for(module: str, *, verbose: bool) -> Iterator[None]:
    """Import a module of flows, and let them find a server.

    That is the one which the user has configured, else one of our own that ends with the command.
    A flow that is called would start such a one too, but only when it begins; here the server loads
    its code while Prefect is imported, and two seconds more are won by loading it before it is
    known whether the user has configured one.

    Args:
        module: Imported while the server starts.
        verbose: Show Prefect's log on the terminal. It goes to the server in full in any case; else
            the summary and one line for an error are enough.

    Raises:
        InvalidInputError: The configured server does not answer, or Prefect's settings are wrong.
        ValidationError: A setting of this site is out of bounds; nothing was started.
        OSError: Our own server does not answer; the message says why.
    """
    # What it refuses would be refused by the flow's modules, seconds later.
    import_module("tasks.settings")
    set_up_server()
    if not verbose:
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
        # Of events that did not reach a server; that it is away is told if it stays away.
        os.environ.setdefault("PREFECT_INTERNAL_LOGGING_LEVEL", "CRITICAL")
    # To know for sure takes as long as Prefect takes to load, two seconds.
    is_likely = not (os.environ.get("PREFECT_API_URL") or "prefect" in sys.modules)
    server = OwnServer(os.environ, verbose=verbose) if is_likely else None

    try:
        with wrong_settings_told():
            from flows.server.at_hand import (  # noqa: PLC0415 - see above
                found,
                none_is_configured,
                start,
            )
    except InvalidInputError:
        if server is not None:
            server.end()
        raise

    if not none_is_configured():
        if server is not None:
            server.end()
        check_configured_server()
        import_module(module)
        yield
        return
    with start(server or OwnServer(os.environ, verbose=verbose)) as server:
        import_module(module)
    with found(server):
        yield
