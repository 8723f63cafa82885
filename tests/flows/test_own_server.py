"""The process of our own server: one starts at a time, and why one does not is told as it is."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from flows.server import own
from flows.server.own import OwnServer, last_error

# As our process: does nothing before it is told to, and ends when its starter does.
ANSWERS = """
import os, socket, sys, time
listening = socket.socket(fileno=int(sys.argv[1]))
if not os.read(0, 1):
    sys.exit()
diary = os.open(os.environ["DIARY"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(diary, b"begins ")
time.sleep(0.3)
os.write(diary, b"answers ")
asks, _ = listening.accept()
asks.recv(10000)
asks.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
os.read(0, 1)
"""
SERVES = """
import os, socket, sys, threading
listening = socket.socket(fileno=int(sys.argv[1]))
os.read(0, 1)
def serve():
    while True:
        asks, _ = listening.accept()
        asks.recv(10000)
        who = str(os.getpid())
        asks.sendall(f"HTTP/1.1 200 OK\\r\\nContent-Length: {len(who)}\\r\\n\\r\\n{who}".encode())
        asks.close()
threading.Thread(target=serve, daemon=True).start()
os.read(0, 1)
"""
FAILS = """
import os, sys
os.read(0, 1)
sys.stderr.write("Traceback:\\nsqlite3.OperationalError: disk I/O error\\nGiving up.\\n")
sys.exit(3)
"""
OF_DATABASE = """
import os, sys
os.read(0, 1)
level = os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"]
sys.stderr.write(f"a.CommandError: no revision\\nb.exc.DatabaseError: {level}\\n")
sys.exit(3)
"""
SAYS_NOTHING = "import os; os.read(0, 1); os.read(0, 1)"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the process runs instead of Prefect's server."""
    file = tmp_path / "process.py"
    monkeypatch.setattr(own, "_CODE", file)
    return file


def start(home: Path, diary: Path, seconds: float = 60.0) -> None:
    server = OwnServer({**os.environ, "DIARY": str(diary)}, verbose=False)
    with server.serving(home, seconds):
        pass
    server.end()


def test_one_server_after_the_other_starts_in_one_home(code: Path, tmp_path: Path) -> None:
    code.write_text(ANSWERS)
    diary = tmp_path / "diary"
    with ThreadPoolExecutor(3) as threads:
        # Not one of them fails, and none begins before the one before it answers.
        assert list(threads.map(lambda _: start(tmp_path, diary), range(3))) == [None] * 3
    assert diary.read_text().split() == ["begins", "answers"] * 3


def test_a_server_that_ends_is_told_with_its_exit_code_and_its_error(
    code: Path, tmp_path: Path
) -> None:
    code.write_text(FAILS)
    told = r"exit code 3 before it answered: sqlite3.OperationalError: disk I/O error\. .*API_URL"
    with pytest.raises(ConnectionError, match=told):
        start(tmp_path, tmp_path)


def test_a_database_that_it_cannot_use_is_told_with_the_way_out(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code.write_text(OF_DATABASE)
    # As quiet as a command is by itself; the server still says why it fails.
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    told = rf"DatabaseError: ERROR\. Its database in {tmp_path} was made by another version"
    with pytest.raises(ConnectionError, match=told):
        start(tmp_path, tmp_path)


def test_a_server_that_does_not_answer_is_told_to_be_slow_not_broken(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code.write_text(SAYS_NOTHING)
    monkeypatch.setattr(own, "SECONDS_TO_END", 0.2)
    with pytest.raises(TimeoutError, match=r"did not answer within 0\.2 s\. .*less busy"):
        start(tmp_path, tmp_path, seconds=0.2)


def test_a_start_that_lasts_is_named_to_those_who_wait_for_it(code: Path, tmp_path: Path) -> None:
    code.write_text(ANSWERS)
    with own._alone_in(tmp_path, 0), pytest.raises(TimeoutError, match="another command has been"):
        start(tmp_path, tmp_path, seconds=0.1)


def test_a_server_that_is_killed_is_started_again_at_its_address(
    code: Path, tmp_path: Path
) -> None:
    code.write_text(SERVES)
    server = OwnServer({**os.environ, "DIARY": str(tmp_path / "diary")}, verbose=False)
    with server.serving(tmp_path, 60):
        pass
    answers = []
    for _ in range(own.STARTED_AGAIN):
        answers.append(httpx.get(f"{server.url}/health", trust_env=False).text)
        os.kill(int(answers[-1]), signal.SIGKILL)
        again = httpx.Client(transport=httpx.HTTPTransport(retries=10), trust_env=False)
        with again:
            assert again.get(f"{server.url}/health", timeout=60).text != answers[-1]
    assert len(set(answers)) == own.STARTED_AGAIN
    server.end()
    assert not server.runs


@pytest.mark.parametrize("home", ["a file", "a file/below"])
def test_a_home_that_cannot_be_used_is_named(code: Path, tmp_path: Path, home: str) -> None:
    code.write_text(ANSWERS)
    (tmp_path / "a file").touch()
    with pytest.raises(OSError, match=f"keeps its database in {tmp_path / home}, which cannot be"):
        start(tmp_path / home, tmp_path)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("a.b.SomeError: x\n(Background on this error)\n\n", "a.b.SomeError: x"),
        ("begin\nKilled\n", "Killed"),
        ("", "it said nothing"),
    ],
)
def test_the_error_is_told_and_not_what_surrounds_it(said: str, told: str) -> None:
    assert last_error(said) == told
