"""A lock whose file comes and goes: never two holders, nothing left, and open to colleagues."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tasks.storage import lock_file
from tasks.storage.lock_file import give_back, take_lock
from tests.forks import forks
from tests.people import LAB, LEA, NOOR, done_by, needs_other_people, open_to_all, usual_umask


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Return where a lock will be, in a folder that is not there yet."""
    return tmp_path / "locks" / "one.lock"


def take(path: Path) -> int:
    descriptor = take_lock(path, timeout=0)
    assert descriptor is not None
    return descriptor


def test_nothing_is_left(lock: Path) -> None:
    descriptor = take(lock)
    assert lock.is_file()
    give_back(lock, descriptor)
    assert list(lock.parent.parent.iterdir()) == []


def test_the_folder_stays_while_another_lock_is_held(lock: Path) -> None:
    other = lock.with_name("other.lock")
    first, second = take(lock), take(other)
    give_back(lock, first)
    assert other.is_file()
    give_back(other, second)
    assert not lock.parent.exists()


def test_programs_that_use_filelock_are_excluded_and_exclude(lock: Path) -> None:
    descriptor = take(lock)
    with pytest.raises(Timeout), FileLock(lock, timeout=0):
        pass
    give_back(lock, descriptor)
    lock.parent.mkdir()
    with FileLock(lock, timeout=0):
        assert take_lock(lock, timeout=0.1) is None


def rival_between(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], None]) -> None:
    """Let something happen once, between opening the lock's file and locking it."""
    call, happened = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        if not happened:
            happened.append(True)
            happen()
        call(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)


def test_a_file_that_was_removed_after_it_was_opened_is_no_lock(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = take(lock)
    held: list[int] = []

    def given_back_and_taken_by_a_third() -> None:
        give_back(lock, first)
        held.append(take(lock))

    rival_between(monkeypatch, given_back_and_taken_by_a_third)
    # The second had opened the first one's file, and the system lets it lock that.
    assert take_lock(lock, timeout=0) is None
    give_back(lock, held[0])
    assert list(lock.parent.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("step", "is_before"),
    [
        ("_make_folder", False),
        # The folder was made, and is gone before it is looked at.
        ("give_access", True),
        # So is the file that was made in it: another opened, locked and gave it back meanwhile.
        ("access_in", True),
    ],
)
def test_a_folder_that_goes_while_the_file_is_made_comes_again(
    lock: Path, monkeypatch: pytest.MonkeyPatch, step: str, is_before: bool
) -> None:
    call, gone = getattr(lock_file, step), []

    def lose() -> None:
        if not gone:
            gone.append(True)
            lock.unlink(missing_ok=True)
            lock.parent.rmdir()

    def call_and_lose(*arguments: object) -> object:
        if is_before:
            lose()
        answer = call(*arguments)
        lose()
        return answer

    monkeypatch.setattr(lock_file, step, call_and_lose)
    give_back(lock, take(lock))
    assert gone
    assert list(lock.parent.parent.iterdir()) == []


def test_where_no_folder_can_be_is_an_error_and_no_endless_wait(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take_lock(tmp_path / "no such well" / "locks" / "one.lock", timeout=0)
    (tmp_path / "locks").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        take_lock(tmp_path / "locks" / "one.lock", timeout=0)


def test_a_colleagues_file_that_is_opened_to_others_this_moment_can_be_taken(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, refused = os.open, []

    def refuse_twice(path: Path, flags: int, **mode: int) -> int:
        # Once for writing and once for reading.
        if path == lock and len(refused) < 2:
            refused.append(flags)
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opening(path, flags, **mode)

    monkeypatch.setattr(os, "open", refuse_twice)
    give_back(lock, take(lock))
    assert len(refused) == 2


def count_up(lock: Path, counter: Path, times: int, pipe: Connection) -> None:
    """Add to a number in a file, which loses additions unless one does it at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock_file, "_POLL_SECONDS", 0.0)
        for _ in range(times):
            descriptor = take_lock(lock, timeout=60)
            assert descriptor is not None
            number = int(counter.read_text())
            os.sched_yield()
            counter.write_text(str(number + 1))
            give_back(lock, descriptor)
    pipe.send("done")


def test_many_processes_never_hold_it_at_once(lock: Path, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes, times = 3, 80
    pipes = [forks.Pipe() for _ in range(processes)]
    started = [
        forks.Process(target=count_up, args=(lock, counter, times, there)) for _, there in pipes
    ]
    for process, (_, there) in zip(started, pipes, strict=True):
        process.start()
        # Else one that fails is waited for without end.
        there.close()
    assert [here.recv() for here, _ in pipes] == ["done"] * processes
    for process in started:
        process.join()
    assert counter.read_text() == str(processes * times)
    assert [path.name for path in tmp_path.iterdir()] == ["counter"]


def test_a_link_is_not_followed(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the only copy")
    lock.parent.mkdir()
    lock.symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        take_lock(lock, timeout=0)
    assert (tmp_path / "secret").read_text() == "the only copy"


def test_a_server_that_locks_only_what_can_be_written_says_so(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(PermissionError) as caught:
        take_lock(lock, timeout=0)
    assert caught.value.filename == str(lock)


def test_who_may_write_beside_it_may_take_it(lock: Path) -> None:
    lock.parent.parent.chmod(0o2775)
    with usual_umask():
        descriptor = take(lock)
    assert stat.S_IMODE(lock.stat().st_mode) == 0o664
    assert stat.S_IMODE(lock.parent.stat().st_mode) == 0o2775
    give_back(lock, descriptor)


@needs_other_people()
class TestColleagues:
    @pytest.fixture
    def shared(self, lock: Path) -> Path:
        """Return a lock below a folder of the lab."""
        os.chown(lock.parent.parent, LEA, LAB)
        lock.parent.parent.chmod(0o2775)
        open_to_all(lock.parent.parent)
        return lock

    def test_one_waits_for_the_other(self, shared: Path) -> None:
        descriptor = take(shared)
        os.chown(shared, LEA, LAB)
        assert done_by(NOOR, is_taken, shared)
        give_back(shared, descriptor)
        assert done_by(NOOR, take_and_give_back, shared)

    def test_what_an_earlier_version_left_for_its_owner_alone_is_no_hindrance(
        self, shared: Path
    ) -> None:
        leave_as_earlier_versions(shared, folder=0o2775)
        assert done_by(NOOR, take_and_give_back, shared)
        assert not shared.exists()

    def test_but_is_respected_while_it_is_held(self, shared: Path) -> None:
        leave_as_earlier_versions(shared, folder=0o2775)
        descriptor = take(shared)
        assert done_by(NOOR, is_taken, shared)
        os.close(descriptor)

    def test_a_folder_that_is_closed_is_a_true_error(self, shared: Path) -> None:
        leave_as_earlier_versions(shared, folder=0o2755)
        shared.unlink()
        with pytest.raises(PermissionError) as caught:
            done_by(NOOR, take_and_give_back, shared)
        assert str(shared) in str(caught.value)


def leave_as_earlier_versions(lock: Path, *, folder: int) -> None:
    lock.parent.mkdir()
    lock.write_bytes(b"")
    lock.chmod(0o644)
    lock.parent.chmod(folder)
    for path in (lock, lock.parent):
        os.chown(path, LEA, LAB)


def is_taken(lock: Path) -> bool:
    return take_lock(lock, timeout=0) is None


def take_and_give_back(lock: Path) -> bool:
    give_back(lock, take(lock))
    return True
