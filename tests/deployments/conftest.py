"""A real server and a real worker on loopback, started by the commands of the README.

They are what the Dockerfile installs, in a fresh home, and the server asks for a password.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from tests.deployments.documented import Block, Shell, blocks_of, endless_in
from tests.deployments.installed import PROJECT, install, synced
from tests.plates import make_plate, write_regions

PASSWORD = ("admin", "a password: with @ and %")


@dataclass(frozen=True)
class Site:
    """A machine with a server and a worker: where its API is, and the environment of its shell."""

    folder: Path
    """The project's, as the Dockerfile makes it."""
    api: str
    environment: dict[str, str]
    shell: Shell
    """A terminal in which the README's commands have been run."""
    data: Path
    """What is `/data` in the documents."""
    worker: subprocess.Popen[bytes]
    client: httpx.Client
    """It has the password, and keeps its connection: a new one for each question costs more."""

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
            answer = self.client.request(method, f"{self.api}{path}", json=body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or monotonic() > deadline:
                return answer
            sleep(1)

    def answer(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the REST API and return what it says; an error fails the test."""
        return self.request(method, path, body).raise_for_status().json()

    def start(self, deployment: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
        """Ask for a run of a deployment, as the server knows it, and return the run's identity."""
        url = f"/deployments/{deployment['id']}/create_flow_run"
        run: str = self.answer("POST", url, {"parameters": parameters})["id"]
        return run


@contextmanager
def running(shell: Shell, command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test and stop it at its end."""
    script = shell.script(Block("bash", f"exec {command}"))
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            ["/bin/bash", "-c", script],
            cwd=shell.folder,
            env=shell.environment,
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
                process.wait(timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a site that has done what the README says to do on a server."""
    home, data, folder = (tmp_path_factory.mktemp(name) for name in ("home", "data", "installed"))
    commands = install(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {
        **kept,
        "HOME": str(home),
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PREFECT_SERVER_API_AUTH_STRING": ":".join(PASSWORD),
        "PREFECT_API_AUTH_STRING": ":".join(PASSWORD),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "4",
        # A run that waits for another asks again after so long.
        "PREFECT_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        # The server of a site is at the port that it has by default.
        "PREFECT_SERVER_API_PORT": str(port),
    }
    api = f"http://127.0.0.1:{port}/api"
    places = {
        "4200": str(port),
        "/data/": f"{data}/",
        "admin:choose a long one": ":".join(PASSWORD),
    }
    shell = Shell(folder, environment, places)
    documented_plate(data / "plate.zarr")
    (block,) = blocks_of(PROJECT / "README.md", "On a server")
    started: list[subprocess.Popen[bytes]] = []
    with ExitStack() as processes:
        for text, is_endless in endless_in(block):
            if is_endless:
                log = home / f"{len(started)}.log"
                started.append(processes.enter_context(running(shell, text, log)))
                if len(started) == 1:
                    wait_for_server(api, log)
            else:
                shell.run(Block("sh", without_install(text)))
        _, worker = started
        environment = {**environment, "PREFECT_API_URL": api}
        client = processes.enter_context(httpx.Client(timeout=30, auth=PASSWORD))
        yield Site(folder, api, environment, shell, data, worker, client)


def without_install(text: str) -> str:
    """Return commands without those that install: the Dockerfile has the same."""
    install, activate = ".venv/bin/uv ", ". .venv/bin/activate"
    for line in text.splitlines():
        if line.startswith(install):
            assert line.split()[1:] == synced()
    return "\n".join(line for line in text.splitlines() if not line.startswith((install, activate)))


def documented_plate(path: Path) -> None:
    """Write a plate that can be registered with the table that the documents name."""
    make_plate(path)
    for name, start in (("0", 0.0), ("1", 4.0)):
        box = {"x": (start, 20.0), "y": (start, 20.0)}
        write_regions(path / "A" / "01" / name, "FOV_ROI_table_registered", {"FOV_1": box})


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
