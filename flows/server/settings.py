"""How a server of Prefect's is set up for one machine, a busy one, with SQLite behind it."""

from __future__ import annotations

import os

SETTINGS = {
    # Its own limit, 20 s, is near what a busy machine needs.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # One writer at a time is all that SQLite has. Records of tasks and events go in batches, or
    # they lock out the runs themselves, which then wait for seconds, and in the end fail.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
    "PREFECT_CLIENT_MAX_RETRIES": "10",
    # Its first act is to write to a database that is being made, which fails, with a traceback.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Runs that ended 90 days ago go, with their logs and tables; events go by themselves.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs,orphans",
    # By itself it lets scripts of any web page, in the browser of whoever can reach it, use it.
    "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "http://127.0.0.1:4200,http://localhost:4200",
}
"""Environment variables of Prefect."""

_THIS_MACHINE = ("127.0.0.1", "localhost")


def set_up_server() -> None:
    """Set what the user has not set; Prefect reads it when it is imported, so call it before."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    ask_no_proxy_for_this_machine()


def ask_no_proxy_for_this_machine() -> None:
    """Let requests to this machine, where our own server is, go to it though a proxy is set.

    Sites set HTTP_PROXY for what is outside, and a proxy knows nothing of this machine's ports.
    """
    # The small letters win where both are set (urllib.request.getproxies_environment).
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host.strip() for host in known.split(",") if host.strip()]
    if "*" in hosts:
        return
    hosts += [host for host in _THIS_MACHINE if host not in hosts]
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(hosts)
