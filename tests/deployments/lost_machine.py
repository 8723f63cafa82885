"""Lose a machine: kill a worker and all that it runs; and hear what the server sends word of."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.deploying.automations import LOST, install_automations
from tests.deployments.conftest import PASSWORD, Site

BLOCK = "operators"


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Yield an address, and a list of all that is sent to it."""
    heard: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        # Who opens a connection and says nothing holds up neither the others nor the end.
        timeout = 10

        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def watch_closely(site: Site, address: str) -> None:
    """Install the automations that send word to an address; a run is lost after seconds."""
    settings = {PREFECT_API_URL: site.api, PREFECT_API_AUTH_STRING: ":".join(PASSWORD)}
    with temporary_settings(settings), get_client(sync_client=True) as client:
        block = CustomWebhookNotificationBlock(
            name=BLOCK, url=address, json_data={"text": "{{subject}} | {{body}}"}
        )
        block.save(BLOCK)
        (there,) = client.read_automations_by_name(LOST)
        client.delete_automation(there.id)
        made = install_automations(notify=f"custom-webhook/{BLOCK}", silence=timedelta(seconds=15))
        assert len(list(made)) == 3


def lose_machine(site: Site) -> None:
    """Kill the worker and the runs that it has started, all at one moment."""
    runs = _runs_of(site)
    assert runs
    for pid in (site.worker.pid, *runs):
        os.kill(pid, signal.SIGKILL)
    site.worker.wait(60)


def has_process(site: Site, run: str) -> bool:
    """Return whether a run has a process, which the worker has started and which has not ended."""
    return any(
        f"PREFECT__FLOW_RUN_ID={run}".encode() in _read(pid, "environ") for pid in _runs_of(site)
    )


def _runs_of(site: Site) -> list[int]:
    return [pid for pid, parent in _parents() if parent == site.worker.pid]


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        if stat := _read(int(folder.name), "stat"):
            yield int(folder.name), int(stat.rpartition(b")")[2].split()[1])


def _read(pid: int, name: str) -> bytes:
    try:
        return Path("/proc", str(pid), name).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
