"""Break whole runs, pixels, tables and verification included, at every file-system call.

`PLATE_REGISTRATION_EVERY_FAULT=1` breaks every call, which takes half an hour, else one in many.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.plan.errors import RegistrationError
from tasks.storage.locks import own_image
from tasks.storage.recover import recover_image, recover_well
from tests.forks import forks
from tests.runs import run_image
from tests.soak_scene import Kind, Scene, Worker, files_of
from tests.storage.broken_runs import IMAGE, die, make_tiny_well, run_broken
from tests.storage.disks import in_memory
from tests.storage.faults import Fault

EVERY_CALL = "PLATE_REGISTRATION_EVERY_FAULT" in os.environ

ERRORS = (errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EACCES)

IN_PLACE = Kind("0.4", overwrite_input=True, swap="exchange")
IN_PLACE_BY_RENAMING = Kind("0.5", overwrite_input=True, swap="two renames")
BESIDE = Kind("0.5", overwrite_input=False, swap="exchange")
KINDS = (IN_PLACE, BESIDE, IN_PLACE_BY_RENAMING) if EVERY_CALL else (IN_PLACE, BESIDE)


_CALLS_LESS = 3
"""Calls by which one run may come short of another."""


class Broken:
    """A scene on which one run after the other is broken."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.scene = Scene(folder, kind, Worker, make=make_tiny_well, image=IMAGE)
        self._healed: set[str] = set()
        """States of the well from which a run was seen to give the undisturbed result."""

    @property
    def folder(self) -> Path:
        """Where the plate is; faults count below it."""
        return self.scene.plate.parent

    def calls(self, *, reading: bool = False) -> list[str]:
        """Return what an undisturbed run calls, in order."""
        self.scene.fresh()
        fault = Fault(self.folder, 0, "count", reading=reading)
        run_broken(self.scene.run, fault)
        assert self.scene.differences() == []
        return fault.calls

    def kill(self, number: int) -> bool:
        """Return whether a run came to a call, and was killed there."""
        self.scene.fresh()
        child = forks.Process(target=die, args=(self.scene.run, number))
        child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        return child.exitcode != 0

    def fails(self, fault: Fault) -> bool:
        """Return whether a run with a fault fails; its error must say where."""
        self.scene.fresh()
        message = ""
        try:
            run_broken(self.scene.run, fault)
        except (OSError, RegistrationError) as error:
            message = str(error)
        assert not message or str(self.folder) in message
        return bool(message)

    def assert_run_again_heals(self) -> None:
        """Each image is whole; recovery, with which a run begins, and then the run complete it."""
        assert self.scene.torn() == []
        well = self.scene.well
        recover_well(well)
        with own_image(well, IMAGE, timeout=1):
            recover_image(well, IMAGE)
        recovered = str(files_of(well))
        if recovered not in self._healed:
            run_image(self.scene.run)
            assert self.scene.differences() == []
            self._healed.add(recovered)


@pytest.fixture(scope="module", params=KINDS, ids=str)
def broken(request: pytest.FixtureRequest) -> Iterator[Broken]:
    with in_memory() as folder:
        yield Broken(folder, request.param)


def some(calls: list[str], every: int, beginnings: tuple[str, ...] = ("",)) -> list[int]:
    """Return the numbers of all calls that begin so, or of one in so many."""
    chosen = [n for n, call in enumerate(calls, start=1) if call.startswith(beginnings)]
    return chosen if EVERY_CALL else chosen[every // 2 :: every]


def test_killed_at_every_call(broken: Broken) -> None:
    calls = broken.calls()
    # Until the swap the image shares files with the original, where it will replace it.
    links = [call for call in calls if call.startswith(f"os.link {broken.scene.run.path}/")]
    assert bool(links) is (broken.scene.kind == IN_PLACE)
    # A process killed before a flush leaves what one killed after it leaves.
    flushes = set(some(calls, 1, ("fsync",)))
    for number in sorted({*some(calls, 47)} - flushes):
        was_reached = broken.kill(number)
        # Two threads that make one folder call once more than one that comes first.
        assert was_reached or number > len(calls) - _CALLS_LESS
        broken.assert_run_again_heals()


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(r"\.staging/0/(c/)?0/0", id="a chunk, or a shard"),
        pytest.param(r"\.staging/labels/nuclei/0/(c/)?0/0", id="of a label"),
        pytest.param(r"\.staging/tables/masks/(table\.parquet|\.rows/X/c/0/0)", id="of a table"),
    ],
)
def test_what_a_killed_run_has_torn_is_never_used(broken: Broken, what: str) -> None:
    writes = {
        number: re.sub(r"[0-9a-f]{32}", "*", call.partition(" ")[2])
        for number, call in enumerate(broken.calls(), start=1)
        if call.startswith("write") and re.search(what, call)
    }
    number, path = max(writes.items())

    def size() -> int:
        (file,) = broken.folder.glob(str(Path(path).relative_to(broken.folder)))
        return file.stat().st_size

    assert broken.kill(number + 1)
    whole = size()
    assert broken.kill(number)
    assert 0 < size() < whole
    run_image(broken.scene.run)
    assert broken.scene.differences() == []


def test_error_at_every_call_that_changes_something(broken: Broken) -> None:
    failed = 0
    for number in some(broken.calls(), 47):
        for code in ERRORS if EVERY_CALL else ERRORS[number % len(ERRORS) :][:1]:
            failed += broken.fails(Fault(broken.folder, number, "error", errno=code))
            broken.assert_run_again_heals()
    assert failed > 2


# zarr starts to write several things at once, and drops what it has not begun when one fails.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_error_at_every_call_that_reads(broken: Broken) -> None:
    failed = 0
    reads = ("read", "os.scandir", "stat")
    for number in some(broken.calls(reading=True), 149, reads):
        code = (errno.EIO, errno.ESTALE, errno.EACCES)[number % 3]
        failed += broken.fails(Fault(broken.folder, number, "error", errno=code, reading=True))
        broken.assert_run_again_heals()
    assert failed > 2


def test_every_write_is_torn(broken: Broken) -> None:
    failed = 0
    for number in some(broken.calls(), 11, ("write",)):
        code = (errno.ENOSPC, errno.EIO)[number % 2]
        failed += broken.fails(Fault(broken.folder, number, "torn", errno=code))
        broken.assert_run_again_heals()
    assert failed > 2
