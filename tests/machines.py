"""A server with PostgreSQL and workers that stand for machines: start them, use them, lose them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tasks.storage.hidden import LOCK_FOLDER
from tests.benchmarks.prefect_servers import Server, postgres_server

PROJECT = Path(__file__).parent.parent
_ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass
class Machines:
    """A server, and the processes of its workers."""

    server: Server
    folder: Path
    environment: Mapping[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, *words: str) -> str:
        """Run a command of this environment and return what it said."""
        done = subprocess.run(  # noqa: S603 - our own command
            [Path(sys.executable).parent / words[0], *words[1:]],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def start_worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker, as on one more machine."""
        name = f"worker-{len(self.workers)}"
        with (self.folder / f"{name}.log").open("wb") as log:
            worker = subprocess.Popen(  # noqa: S603 - our own command
                [
                    Path(sys.executable).parent / "prefect",
                    *("worker", "start", "--pool", "plate-registration", "--name", name),
                    *options,
                ],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def stop_workers(self) -> None:
        """End all workers and what they run."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(60)
        self.workers.clear()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server and return what it says."""
        answer = httpx.request(method, f"{self.server.url}{path}", json=body, timeout=60)
        return answer.raise_for_status().json() if answer.content else None

    def start(self, deployment: str, parameters: Mapping[str, Any]) -> str:
        """Ask for a run of a deployment, and return it."""
        identity = self.ask("GET", f"/deployments/name/{deployment}")["id"]
        run = self.ask(
            "POST", f"/deployments/{identity}/create_flow_run", {"parameters": parameters}
        )
        return str(run["id"])

    def cancel(self, run: str) -> None:
        """Send what the button of Prefect's UI sends."""
        self.ask("POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})

    def state(self, run: str) -> dict[str, Any]:
        """Return the state of a run."""
        state: dict[str, Any] = self.ask("GET", f"/flow_runs/{run}")["state"]
        return state

    def worker_of(self, run: str) -> int:
        """Return the worker that a run is at."""
        told = until(
            lambda: self.ask("GET", f"/flow_runs/{run}")["infrastructure_pid"],
            600,
            f"run {run} is taken up",
        )
        return worker_of(int(told.rpartition(":")[2]))

    def end_of(self, run: str, seconds: float) -> dict[str, Any]:
        """Wait for the end of a run, and return its state."""
        until(lambda: self.state(run)["type"] in _ENDS, seconds, f"run {run} ends")
        return self.state(run)

    def shares(self) -> list[dict[str, Any]]:
        """Return all runs of shares that there have been."""
        found: list[dict[str, Any]] = self.ask(
            "POST", "/flow_runs/filter", {"flows": {"name": {"any_": ["register-wells-of-plate"]}}}
        )
        return found


@contextmanager
def machines(folder: Path, **settings: str) -> Iterator[Machines]:
    """Run a server on which all is deployed; its workers end with it.

    Args:
        folder: For all that it writes.
        settings: Of Prefect, for the server, workers and runs.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**kept, "PREFECT_HOME": str(folder / "home"), **settings}
    with ExitStack() as stack:
        server = stack.enter_context(
            postgres_server({**environment, "PREFECT_SERVER_API_HOST": "0.0.0.0"}, folder)  # noqa: S104
        )
        # As other machines would reach it.
        url = server.url.replace("127.0.0.1", _own_address())
        found = Machines(server, folder, {**environment, "PREFECT_API_URL": url})
        stack.callback(found.stop_workers)
        found.command("plate-registration", "deploy")
        yield found


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def until(ask: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask again and again until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise TimeoutError(f"{what}: not within {seconds:g} s")


def in_a_well(plate: Path, away_from: int = 0) -> tuple[int, Path] | None:
    """Return a process that is at work in a well of a plate, and the lock by which it is known.

    Args:
        plate: Root folder of the plate.
        away_from: A worker that has not started it.
    """
    for lock in plate.glob(f"*/*/{LOCK_FOLDER}/*.image.lock"):
        with suppress(OSError, ValueError):
            process = int(json.loads(lock.read_bytes())["pid"])
            if not away_from or worker_of(process) != away_from:
                return process, lock
    return None


def runs_of(worker: int) -> list[int]:
    """Return the processes that a worker has started."""
    return [child for child, parent in _parents().items() if parent == worker]


def worker_of(process: int) -> int:
    """Return what has started the process of a run."""
    return _parents().get(process, 0)


def _parents() -> dict[int, int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # It may just have ended.
        with suppress(OSError):
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(told[1])
    return parents
