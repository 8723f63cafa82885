"""A server of Prefect's of our own: serves when told, is started again if killed, ends with us."""

from __future__ import annotations

import atexit
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from filelock import FileLock, Timeout

from flows.server.settings import SETTINGS

SECONDS_TO_END = 5.0
"""How long the server may take to end in order; what it still writes is its own record."""
SECONDS_TO_BE_GONE = 60.0
"""How long a server that has failed may take until it can be said how."""

STARTED_AGAIN = 3
"""How often a server that was killed is started again, by the system short of memory for one."""

_CODE = Path(__file__).with_name("process.py")

_FOR_US_ALONE = {
    "PREFECT_UI_ENABLED": "0",
    # Nobody has automations there, and nobody looks at its events.
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    # What Prefect sets for the temporary servers that it starts by itself.
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}
_TELLING_WHY = {
    # Not as quiet as the command itself may be: what it says is read if it fails.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
}
_OF_DATABASE = re.compile(r"\balembic\b|\bDatabaseError\b|\bmalformed\b")
_LOCK_NAME = ".plate-registration-server.lock"
_ELSE = "or set PREFECT_API_URL to a server that runs already"


class OwnServer:
    """A process that loads the server's code at once, serves when told, and ends with us.

    Once it has answered, one that is killed is started again at the same address, with the same
    database: Prefect's client tries again until then, and the runs go on. Else they would wait for
    a server that never comes, for many minutes.
    """

    def __init__(self, environment: Mapping[str, str], *, verbose: bool) -> None:
        """Start loading the server's code.

        Args:
            environment: What the server's settings are read from; ours for SQLite fill the gaps.
            verbose: Let the server write to our standard error. Else it is only told why it failed.
        """
        self._environment = {**SETTINGS, **environment, **_FOR_US_ALONE}
        if not verbose:
            self._environment |= _TELLING_WHY
        self._said: IO[bytes] | None = None if verbose else tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._port = 0
        self._turn = threading.Lock()
        self._is_over = False
        self._launch()
        self.url = f"http://127.0.0.1:{self._port}/api"
        # At exit, not before: Prefect sends the last log lines and events while Python shuts down.
        atexit.register(self.end)

    def _launch(self) -> None:
        # The server ends when the other end of its standard input is closed.
        standard_input, self._held_open = os.pipe()
        # Requests wait there until it serves.
        with socket.create_server(("127.0.0.1", self._port)) as listening:
            self._port = listening.getsockname()[1]
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                # -P: what lies in the user's folder, a tasks.py for one, is not what is meant here.
                [sys.executable, "-P", str(_CODE), str(listening.fileno())],
                pass_fds=[listening.fileno()],
                stdin=standard_input,
                # Not our standard output: who reads ours to its end would wait for the server's.
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                # Ctrl-C is for us alone, who still have to say how the runs ended.
                process_group=0,
                env=self._environment,
            )
        os.close(standard_input)

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @contextmanager
    def serving(self, home: Path, seconds: float) -> Iterator[Self]:
        """Let it serve, do what else is to be done meanwhile, and wait until it answers.

        One server after the other starts in one home: two that make its database at the same moment
        spoil it for each other.

        Args:
            home: Prefect's home, where the database is.
            seconds: How long the start may take.

        Raises:
            OSError: It does not answer; the message says why.
        """
        try:
            with _alone_in(home, seconds):
                with suppress(BrokenPipeError):
                    os.write(self._held_open, b"\n")
                yield self
                self._wait(home, seconds)
            threading.Thread(target=self._start_again, daemon=True).start()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Close its standard input, and see that it ends."""
        atexit.unregister(self.end)
        with self._turn:
            self._is_over = True
            os.close(self._held_open)
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._said is not None:
            self._said.close()

    def _start_again(self) -> None:
        for _ in range(STARTED_AGAIN):
            code = self._process.wait()
            with self._turn:
                if self._is_over:
                    return
                logging.getLogger(__name__).warning(
                    "Prefect's own server ended with exit code %d and is started again", code
                )
                os.close(self._held_open)
                self._launch()
                with suppress(BrokenPipeError):
                    os.write(self._held_open, b"\n")

    def _wait(self, home: Path, seconds: float) -> None:
        import httpx  # noqa: PLC0415 - Prefect has loaded it by now; help does not need it

        try:
            httpx.get(f"{self.url}/health", timeout=seconds, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            raise self._why_not(home, seconds, error) from error

    def _why_not(self, home: Path, seconds: float, error: Exception) -> OSError:
        from httpx import TimeoutException  # noqa: PLC0415 - as above

        if isinstance(error, TimeoutException):
            return TimeoutError(
                f"Prefect's own server did not answer within {seconds:g} s. Run again when the "
                "machine is less busy, let it take longer with "
                f"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS, {_ELSE}"
            )
        # It has closed its socket; until it is gone it may take a moment.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_BE_GONE)
        told = "its error is above"
        if self._said is not None:
            self._said.seek(0)
            told = last_error(self._said.read().decode(errors="replace"))
        what_to_do = "Mend that"
        if _OF_DATABASE.search(told):
            what_to_do = (
                f"Its database in {home} was made by another version of Prefect, or is damaged: "
                "set PREFECT_HOME to another folder, move the database away"
            )
        return ConnectionError(
            f"Prefect's own server ended with exit code {self._process.returncode} before it "
            f"answered: {told.rstrip('.')}. {what_to_do}, {_ELSE}"
        )


@contextmanager
def _alone_in(home: Path, seconds: float) -> Iterator[None]:
    lock = FileLock(home / _LOCK_NAME, timeout=seconds)
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise TimeoutError(
            f"another command has been starting Prefect's server in {home} for {seconds:g} s. "
            f"Stop it, set PREFECT_HOME to another folder, {_ELSE}"
        ) from error
    except OSError as error:
        raise OSError(
            f"Prefect keeps its database in {home}, which cannot be used ({error.strerror}). "
            f"Set PREFECT_HOME to a folder that you can write to, {_ELSE}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def last_error(said: str) -> str:
    """Return the last line that names an error, else the last line, of what a process has said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (errors or lines or ["it said nothing"])[-1]
