"""Hold the lock of a file that is there only while somebody holds it, among people and machines."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from tasks.storage.access import access_in, give_access, read_access

_POLL_SECONDS = 0.05
"""The system has no call that waits for such a lock for some time only."""

_SECONDS_TO_BE_OPENED = 0.2
"""From the moment that a file is made until its maker has let others of the group in."""

_TRIES = 200
"""How often the folder may go while a file is made in it; what is never there must end too."""

_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def take_lock(path: Path, *, timeout: float, mark: bytes = b"") -> int | None:
    """Make a file and its folder unless they are there, and hold the file's lock.

    The system frees the lock of a process that ends, however it ends. Threads of one process
    exclude each other as processes do. The lock is flock's, so that programs that use filelock or
    flock(1) are excluded too. Whoever may write where the folder is may take the lock.

    Args:
        path: The file.
        timeout: Seconds to wait for another holder; 0 asks once.
        mark: What a file that is made holds.

    Returns:
        The open file, for `give_back`; None if another has held it all the time.

    Raises:
        OSError: If the file cannot be made or opened, or is a link, or cannot be locked.
    """
    begun = time.monotonic()
    while True:
        try:
            descriptor = _try(path, mark)
        except PermissionError:
            # A colleague's may have been made this moment, and not yet opened to others.
            if time.monotonic() >= begun + _SECONDS_TO_BE_OPENED:
                raise
            time.sleep(_POLL_SECONDS)
            continue
        if descriptor is not None:
            return descriptor
        if time.monotonic() >= begun + timeout:
            return None
        time.sleep(_POLL_SECONDS)


def give_back(path: Path, descriptor: int) -> None:
    """Remove the file of a lock that is held, let go of it, and remove the folder if it is empty.

    What cannot be removed can be locked again.
    """
    try:
        with suppress(OSError):
            path.unlink()
    finally:
        os.close(descriptor)
    with suppress(OSError):
        path.parent.rmdir()


def _try(path: Path, mark: bytes) -> int | None:
    while True:
        descriptor, is_writable = _open(path, mark)
        is_mine = False
        try:
            if not _lock(descriptor, path):
                return None
            # Who gives it back removes the file: what was opened may have no name any more, and
            # somebody else may hold another file of this name.
            is_mine = _is_at(descriptor, path)
            if is_mine and not is_writable:
                # An earlier version left it for its owner alone; a file of our own is for all.
                with suppress(PermissionError):
                    path.unlink()
                    is_mine = False
            if is_mine:
                return descriptor
        finally:
            if not is_mine:
                os.close(descriptor)


def _open(path: Path, mark: bytes) -> tuple[int, bool]:
    """Open a file, made if need be, and say whether it can be written to."""
    for _ in range(_TRIES):
        # Who gives back the lock takes the file and the folder away, at any moment between ours.
        with suppress(FileNotFoundError, FileExistsError):
            return _open_or_make(path, mark)
    return _open_or_make(path, mark)


def _open_or_make(path: Path, mark: bytes) -> tuple[int, bool]:
    with suppress(FileNotFoundError):
        try:
            return os.open(path, os.O_RDWR | _FLAGS), True
        except PermissionError:
            return os.open(path, os.O_RDONLY | _FLAGS), False
    _make_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, mode=0o600)
    try:
        give_access(descriptor, access_in(path.parent))
        os.write(descriptor, mark)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, True


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        return
    # Whoever may write beside it may take its locks, whatever this person's umask.
    give_access(folder, read_access(folder.parent))


def _lock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno != errno.EBADF:
            raise
        # On a file server only a file that can be written to can be locked.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from error
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    # Opened anew: what a file server's client knows of a name may be old, unless it is opened.
    try:
        other = os.open(path, os.O_RDONLY | _FLAGS)
    except FileNotFoundError:
        return False
    try:
        return os.path.sameopenfile(descriptor, other)
    finally:
        os.close(other)
