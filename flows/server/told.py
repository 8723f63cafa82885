"""Tell in a sentence that Prefect's server stopped answering, whatever its client raises then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import get_current_settings

from tasks.plan.errors import RegistrationError, ServerError


@contextmanager
def server_told_of() -> Iterator[None]:
    """Let what Prefect's client raises over its server be one error of ours, once for a whole run.

    Raises:
        ServerError: The server did not answer, or refused; says which, why, and how to go on.
    """
    if FlowRunContext.get() is not None:
        # The outermost flow tells it; until then Prefect may try again.
        yield
        return
    try:
        yield
    except RegistrationError:
        raise
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        settings = get_current_settings()
        # Without a name and password in it.
        shown = re.sub(r"//[^/@]*@", "//", str(settings.api.url))
        raise ServerError(
            f"Prefect's server {shown} stopped answering as it should ({reason}). What was "
            "finished stays, and no original is half replaced. See that the server runs, and run "
            "again: it goes on where it stopped"
        ) from error


def _reason(error: BaseException | None) -> str | None:
    """Return what the client said of the server, anywhere in the chain of causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, httpx.HTTPError | PrefectHTTPStatusError):
            # The first line; the rest names pages on status codes.
            return next(iter(str(error).splitlines()), "") or type(error).__name__
        error = error.__cause__ or error.__context__
    return None
