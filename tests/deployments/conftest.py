"""A real server and a real worker on loopback, as an operator would start them.

They are what the Dockerfile installs, and the server asks for a password.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from tests.deployments.installed import install

PASSWORD = ("admin", "a password: with @ and %")


@dataclass(frozen=True)
class Site:
    """A machine with a server and a worker: where its API is, and the environment of its shell."""

    folder: Path
    """The project's, as the Dockerfile makes it."""
    api: str
    environment: dict[str, str]

    def run(self, command: str, *arguments: str) -> str:
        """Run a command from the project's folder and return what it printed."""
        done = subprocess.run(  # noqa: S603 - our own command
            [self.folder / ".venv" / "bin" / command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the REST API; a busy SQLite answers 503, which means: ask again."""
        deadline = monotonic() + 60
        while True:
            answer = httpx.request(
                method, f"{self.api}{path}", json=body, timeout=30, auth=PASSWORD
            )
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or monotonic() > deadline:
                return answer
            sleep(1)

    def answer(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the REST API and return what it says; an error fails the test."""
        return self.request(method, path, body).raise_for_status().json()


@contextmanager
def running(
    site: Site, command: str, *arguments: str, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test and stop it at its end."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [site.folder / ".venv" / "bin" / command, *arguments],
            cwd=site.folder,
            env=site.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site whose server and worker have been started, and where all is deployed."""
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("installed")
    install(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {
        **kept,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_API_AUTH_STRING": ":".join(PASSWORD),
        "PREFECT_API_AUTH_STRING": ":".join(PASSWORD),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    }
    site = Site(folder, api, environment)
    server = ["-m", "flows.server", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["worker", "start", "--pool", "plate-registration"]
    with running(site, "python", *server, log=home / "server.log"):
        wait_for_server(api, home / "server.log")
        # It makes the work pool too.
        site.run("plate-registration", "deploy")
        with running(site, "prefect", *worker, log=home / "worker.log"):
            yield site


def wait_for_server(api: str, log: Path) -> None:
    """Wait until the server answers; a server that cannot start fails here with its log."""
    deadline = monotonic() + 120
    with httpx.Client(timeout=5) as client:
        while monotonic() < deadline:
            try:
                # It asks for a password there too.
                client.get(f"{api}/health")
            except httpx.TransportError:
                sleep(0.5)
            else:
                return
    raise AssertionError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")
