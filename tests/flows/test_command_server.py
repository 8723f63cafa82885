"""A command's own server: there when its flow begins, and gone with it however it ends."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from flows.command.server import prefect_ready_for

ANSWERS = """
import time
from flows.command.server import prefect_ready_for
from flows.command.stop import stopped_within_seconds
with stopped_within_seconds(), prefect_ready_for("flows.results.run_names", verbose=True):
    import httpx
    from prefect.settings import PREFECT_API_URL
    print(httpx.get(PREFECT_API_URL.value() + "/health").status_code, flush=True)
    print(PREFECT_API_URL.value(), flush=True)
    time.sleep(600)
"""
# As the installed command: without the current folder on its path.
COMMAND = [sys.executable, "-P", "-c", ANSWERS]


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Prefect keeps a database, which takes it seconds to make."""
    return tmp_path_factory.mktemp("home")


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    # As at a site whose way out is a proxy, which knows nothing of this machine's own ports.
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    return {**kept, **proxy, "PREFECT_HOME": str(home), **more}


def run_to_its_end(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env=environment(home),
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_runs_may_begin_at_the_same_time_and_an_ended_command_leaves_no_server(
    tmp_path: Path, used_home: Path, number: signal.Signals
) -> None:
    # What lies in the folder where the command is given is not taken for ours.
    (tmp_path / "tasks.py").touch()
    process = subprocess.Popen(  # noqa: S603 - our own code
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=tmp_path,
        env=environment(used_home),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "200\n"
    url = process.stdout.readline().strip()
    assert begin_many(url) == {201}
    port = int(url.removesuffix("/api").rpartition(":")[2])
    if number == signal.SIGINT:
        # Ctrl-C in a terminal goes to all processes of the group.
        os.killpg(process.pid, number)
        told = process.stderr.read()
        assert told.startswith("plate-registration: stopped by SIGINT")
        assert told.count("\n") == 1
    else:
        process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    until = time.monotonic() + 60
    while listens(port):
        assert time.monotonic() < until
        time.sleep(0.1)


def begin_many(url: str) -> set[int]:
    """Let many runs begin at the same moment, and return what the server answers."""
    with httpx.Client(base_url=url, timeout=60) as api, ThreadPoolExecutor(8) as threads:
        flow = api.post("/flows/", json={"name": "many"}).json()["id"]
        run = {"flow_id": flow, "state": {"type": "PENDING"}}
        # Each waits for the others in the database, which has one writer.
        answers = threads.map(lambda _: api.post("/flow_runs/", json=run), range(40))
        return {each.status_code for each in answers}


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_that_cannot_start_is_told(tmp_path: Path) -> None:
    nowhere = f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db"
    result = subprocess.run(  # noqa: S603 - our own code
        COMMAND,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment(tmp_path / "home", PREFECT_API_DATABASE_CONNECTION_URL=nowhere),
    )
    assert result.returncode == 1
    # The command shows it in full, as it was told to; else the error would be in the message.
    assert "unable to open database file" in result.stderr
    (told,) = [line for line in result.stderr.splitlines() if line.startswith("ConnectionError: ")]
    assert "exit code 3 before it answered: its error is above. Mend that" in told
    assert "Fatal" not in result.stderr


CONFIGURED = """
import os
from pathlib import Path
from flows.command.server import prefect_ready_for
with prefect_ready_for("flows.results.run_names", verbose=True):
    from prefect.settings import PREFECT_API_URL
    print(PREFECT_API_URL.value())
    print("children:", Path(f"/proc/self/task/{os.getpid()}/children").read_text())
"""


def test_a_configured_server_that_is_off_is_told_and_none_of_ours_is_left(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    url = "http://127.0.0.1:9/api"
    (home / "profiles.toml").write_text(
        f'active = "facility"\n[profiles.facility]\nPREFECT_API_URL = "{url}"\n'
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", CONFIGURED],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment(home),
    )
    assert result.returncode == 1
    assert f"PREFECT_API_URL in Prefect's profile 'facility' names the Prefect server {url}" in (
        result.stderr
    )
    # Ours was loading by then; it must not have begun to serve.
    assert not (home / "prefect.db").exists()


@pytest.mark.usefixtures("prefect_server")
def test_a_configured_server_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    with prefect_ready_for("flows.results.run_names", verbose=False):
        pass


FROM_PYTHON = """
import httpx
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY
from flows.parameters.form import flow_of
from flows.parameters.places import WellPlace

def told(parameters):
    print(PREFECT_API_URL.value(), PREFECT_FLOWS_HEARTBEAT_FREQUENCY.value())
    print(httpx.get(PREFECT_API_URL.value() + "/health").status_code)

inner = flow_of(WellPlace, name="inner", run_name=lambda: "run")(told)

def outer(parameters):
    told(parameters)
    inner.of(parameters)

outer = flow_of(WellPlace, name="outer", run_name=lambda: "run")(outer)
outer("/somewhere")
inner("/somewhere")
assert PREFECT_API_URL.value() is None
"""


def test_flows_called_from_python_share_one_server_of_ours_that_ends_with_them(
    used_home: Path,
) -> None:
    result = run_to_its_end(FROM_PYTHON, used_home)
    lines = result.stdout.splitlines()
    assert lines == [lines[0], "200"] * 3
    url, heartbeats = lines[0].split()
    assert heartbeats == "None"
    assert "Starting temporary server" not in result.stderr
    assert not listens(int(url.removesuffix("/api").rpartition(":")[2]))
    # What was told last has reached it before it ended.
    database = sqlite3.connect(used_home / "prefect.db")
    told = {message for (message,) in database.execute("select message from log")}
    database.close()
    assert "Finished in state Completed()" in told
