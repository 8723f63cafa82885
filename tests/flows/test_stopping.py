"""Ctrl-C and SIGTERM stop a real command in the middle of an image; the next run does the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType

import pytest
from prefect.settings import PREFECT_API_URL

from flows.running import task_runners
from flows.running.task_runners import running
from tasks.plan.errors import StoppedError
from tasks.stopping import STOPPING
from tests.flows.conftest import TABLE
from tests.plates import make_plate, write_regions
from tests.runs import Run, run_well
from tests.soak_scene import files_of

PLANES = 150

# As on a disk so slow that an image takes minutes; a block is one chunk.
ON_A_SLOW_DISK = """
import time
from tasks.pixels import blocks, chunk_files
blocks.BLOCK_BYTES = 1
write = chunk_files.ChunkFiles.write
def write_slowly(self, index, pixels):
    time.sleep(1.0)
    write(self, index, pixels)
chunk_files.ChunkFiles.write = write_slowly
from flows.command.line import main
main()
"""


@pytest.fixture
def well(tmp_path: Path) -> Path:
    plate = make_plate(
        tmp_path / "plate.zarr",
        axes="zyx",
        shape=(PLANES, 8, 8),
        chunks=(1, 8, 8),
        levels=1,
        labels=(),
    )
    for name, start in (("0", 0.0), ("1", 1.0)):
        write_regions(plate / "A" / "01" / name, TABLE, {"FOV_1": {"x": (start, 3.0)}})
    return plate / "A" / "01"


@contextmanager
def started(text: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", text, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value() or ""},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_chunks(process: subprocess.Popen[str], staged: Path) -> None:
    """Wait until two planes of the staged image are there."""
    while len(list(staged.glob("0/*/*/*"))) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def wait_for_all(session: int) -> None:
    """Wait until no process of a session is left; what was just killed may take a moment."""
    until = time.monotonic() + 100
    while left := alive_in_session(session):
        assert time.monotonic() < until, left
        time.sleep(0.01)


def alive_in_session(session: int) -> list[str]:
    alive = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = status.read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                alive.append((status.parent / "cmdline").read_text())
        except FileNotFoundError:
            continue
    return alive


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        # The image is written by the main thread; Prefect takes SIGTERM for itself meanwhile.
        pytest.param("image", signal.SIGTERM, id="SIGTERM, an image"),
        # The main thread waits for threads that write.
        pytest.param("well", signal.SIGINT, id="Ctrl-C, a well"),
    ],
)
@pytest.mark.usefixtures("prefect_server")
def test_stopped_in_the_middle_of_an_image(
    well: Path, tmp_path: Path, kind: str, number: signal.Signals
) -> None:
    undisturbed = shutil.copytree(well.parents[1], tmp_path / "undisturbed.zarr") / "A" / "01"
    before = files_of(well)
    url = str(well / "1" if kind == "image" else well)
    register = [kind, url, "--registered-roi-table", TABLE, "--workers", "1"]
    with started(ON_A_SLOW_DISK, *register) as process:
        wait_for_chunks(process, well / ".1.plate-registration.staging")
        os.kill(process.pid, number)
        # An image takes longer than that here.
        _, told = process.communicate(timeout=100)
        assert process.returncode == 128 + number
        ours = [line for line in told.splitlines() if line.startswith("plate-registration:")]
        assert len(ours) == 1
        assert f"stopped by {number.name}" in ours[0]
        wait_for_all(process.pid)
    after = files_of(well)
    assert {path: after[path] for path in before} == before
    assert any(path.startswith(".1.plate-registration.staging/") for path in after)
    run_well(Run(well))
    run_well(Run(undisturbed))
    assert files_of(well) == files_of(undisturbed)


# The main thread does not end, and its child has a child.
STUCK = """
import subprocess, sys, threading, time
from flows.command import stop as command_stop
command_stop.SECONDS_TO_END = 0.2
def wait_for_ever(text):
    try:
        print(text, flush=True)
        time.sleep(1000)
    except KeyboardInterrupt:
        wait_for_ever("interrupted")
with command_stop.stopped_within_seconds():
    # The last one says that it is there: a process that is just being born cannot be found.
    last = [sys.executable, "-c", "import time; print('born', flush=True); time.sleep(1000)"]
    child = [sys.executable, "-c", f"import subprocess; subprocess.run({last})"]
    subprocess.Popen(child, stdout=subprocess.PIPE).stdout.readline()
    wait_for_ever("begun")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(
    number: signal.Signals,
) -> None:
    with started(STUCK) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.kill(process.pid, number)
        assert process.wait(timeout=100) == 128 + number
        wait_for_all(process.pid)
        assert process.stderr is not None
        assert process.stderr.read().count(f"stopped by {number.name}") == 1


# What an image is to its worker: something that does not end for long.
A_POOL = """
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor
from flows.running.task_runners import make_runner
runner = make_runner("processes", 2)
pool = ProcessPoolExecutor(
    2, multiprocessing.get_context("spawn"), runner._initializer, runner._initargs
)
list(pool.map(time.sleep, [0, 0]))
pool.submit(time.sleep, 1000)
pool.submit(time.sleep, 1000)
print("begun", flush=True)
time.sleep(1000)
"""


def test_the_processes_of_a_run_end_with_it_where_it_is_killed() -> None:
    with started(A_POOL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=100)
        wait_for_all(process.pid)


class Ends(AbstractContextManager["Ends"]):
    """A runner that notes at its end whether its work was told to stop."""

    stopped = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            STOPPING.check()
        except StoppedError:
            self.stopped = True


@pytest.mark.parametrize(
    ("error", "stops"), [(KeyboardInterrupt, True), (SystemExit, True), (ValueError, False)]
)
def test_work_in_other_threads_stops_with_the_run_and_new_work_may_begin(
    error: type[BaseException], stops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Ends()
    monkeypatch.setattr(task_runners, "make_runner", lambda *_: runner)
    with pytest.raises(error), running("threads", 1):
        raise error
    assert runner.stopped == stops
    STOPPING.check()
