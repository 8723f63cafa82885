"""Servers of Prefect's as people start them: with SQLite, and with PostgreSQL where it is here."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.benchmarks.process_costs import cpu_of_family

_SECONDS_TO_START = 180.0
_USER = "postgres"
"""PostgreSQL refuses to run as root."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    url: str
    processes: tuple[int, ...]
    """What has started all that belongs to it."""
    postgres: str | None = None
    """How its database is reached; None where that is SQLite, in Prefect's home."""

    def cpu(self) -> float:
        """Return the CPU seconds that it has used so far, once it has nothing more to write."""
        before = -1.0
        while (now := sum(cpu_of_family(each) for each in self.processes)) - before > 0.2:
            before = now
            time.sleep(3.0)
        return now


@contextmanager
def sqlite_server(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run `python -m flows.server`."""
    command = [sys.executable, "-m", "flows.server"]
    with _answering(command, environment, folder) as (url, process):
        yield Server(url, (process,))


@contextmanager
def postgres_server(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run `prefect server start` with PostgreSQL behind it."""
    with _postgres(folder / "postgres") as (address, database):
        connection = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{address}"}
        command = [sys.executable, "-m", "prefect", "server", "start"]
        with _answering(command, {**environment, **connection}, folder) as (url, process):
            yield Server(url, (process, database), f"postgresql://{address}")


def has_postgres() -> bool:
    """Whether PostgreSQL is installed here."""
    return _programs() is not None


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    if found:
        return found[-1]
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[str, int]]:
    programs = _programs()
    assert programs is not None
    folder.mkdir()
    user = _USER if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
        # The folders around it are ours alone.
        for around in (folder.parent, folder.parent.parent):
            around.chmod(0o711)
    data, port = folder / "data", _free_port()
    subprocess.run(  # noqa: S603 - a program of PostgreSQL's
        [programs / "initdb", "-A", "trust", "-U", _USER, "-D", data],
        check=True,
        capture_output=True,
        user=user,
        cwd=folder,
    )
    process = subprocess.Popen(  # noqa: S603 - as above
        [programs / "postgres", "-D", data, "-p", str(port), "-k", folder],
        stderr=subprocess.DEVNULL,
        user=user,
        cwd=folder,
        process_group=0,
    )
    try:
        _until_listening(port, process)
        yield f"{_USER}@127.0.0.1:{port}/postgres", process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


@contextmanager
def _answering(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[str, int]]:
    port = _free_port()
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - Prefect's own command
            [*command, "--port", str(port)],
            stdout=log,
            stderr=log,
            cwd=Path.cwd(),
            env={**environment, "PREFECT_UI_ENABLED": "0"},
            process_group=0,
        )
    url = f"http://127.0.0.1:{port}/api"
    try:
        _until_listening(port, process)
        httpx.get(f"{url}/health", timeout=_SECONDS_TO_START).raise_for_status()
        yield url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} has ended")
        time.sleep(0.1)
    raise TimeoutError(f"{process.args!r} does not listen")
