"""Refuse to begin where the server that Prefect is told to use does not answer."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tasks.plan.errors import InvalidInputError


def check_configured_server() -> None:
    """Ask the configured server whether it is well.

    Raises:
        InvalidInputError: It does not answer, or refuses us, or there is none and none may be
            started; says what names it, and how to go on.
    """
    from prefect.client.orchestration import (  # noqa: PLC0415 - Prefect reads the environment
        get_client,
    )
    from prefect.context import get_settings_context  # noqa: PLC0415 - as above

    context = get_settings_context()
    url = context.settings.api.url
    if url is None:
        raise InvalidInputError(
            "Prefect is told of no server, and to start none by itself "
            f"(PREFECT_SERVER_EPHEMERAL_ENABLED is false, here or in its profile "
            f"'{context.profile.name}'). Set PREFECT_API_URL to a server that runs, or let the "
            "command start one of its own with PREFECT_SERVER_EPHEMERAL_ENABLED=true"
        )
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is None:
        return
    if "PREFECT_API_URL" in os.environ:
        named_by, unset = "the environment variable PREFECT_API_URL", "unset PREFECT_API_URL"
    else:
        named_by = f"PREFECT_API_URL in Prefect's profile '{context.profile.name}'"
        unset = "prefect config unset PREFECT_API_URL"
    # Without a name and password in it.
    shown = re.sub(r"//[^/@]*@", "//", url)
    reason = " ".join(str(error).split()) or type(error).__name__
    raise InvalidInputError(
        f"{named_by} names the Prefect server {shown}, which does not answer "
        f"as it should ({reason}). Start it, or correct the address{_about_address(url)}; or "
        f"`{unset}`, and the command starts a server of its own"
    ) from error


def _about_address(url: str) -> str:
    """Return what is often wrong with an address, and may be with this one; else nothing."""
    asked = urlsplit(url)
    told = "" if asked.path.rstrip("/").endswith("/api") else " (a server's ends with /api)"
    proxies = getproxies()
    host = asked.hostname or ""
    if not (proxies.get(asked.scheme) or proxies.get("all")) or proxy_bypass(host):
        return told
    return (
        f"{told}; it is asked through a proxy: if it is on your own network, add {host} to NO_PROXY"
    )
