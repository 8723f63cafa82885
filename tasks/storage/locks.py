"""Let one run at a time own an image or a well, and say who owns it."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.hidden import LOCK_FOLDER, output_names
from tasks.storage.kinds import require_kind
from tasks.storage.paths import require_inside

LOCK_SUFFIX = ".lock"
HOLDER_SUFFIX = ".holder.json"
"""Ending of the file beside a lock that says who holds it."""
IMAGE_KEY_SUFFIX = ".image"
"""Ending of the keys of images, so that no image shares the well's own key."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def own_image(well: Path, image_name: str, *, timeout: float) -> Iterator[None]:
    """Own an image and every result it can have, for the time of a whole run.

    The operating system frees the lock of a process that ends, however it ends. Threads of one
    process exclude each other as processes do.

    Args:
        well: Folder of the well.
        image_name: Name of the image that is read.
        timeout: Seconds to wait for another owner; 0 asks once.

    Raises:
        LockHeldError: If another run still owns it, naming host, process and since when.
        InvalidInputError: If it is no well, or cannot be written to.
    """
    until = time.monotonic() + timeout
    with ExitStack() as owned:
        for name in output_names(image_name):
            left = max(0.0, until - time.monotonic())
            owned.enter_context(own_output(well, name, timeout=left))
        yield


@contextmanager
def own_output(well: Path, output_name: str, *, timeout: float) -> Iterator[None]:
    """Own one name in a well and the hidden folders that belong to it; as `own_image`.

    Raises:
        LockHeldError: If another run still owns it.
        InvalidInputError: If it is no well, or cannot be written to.
    """
    with _own(
        well, f"{output_name}{IMAGE_KEY_SUFFIX}", f"image '{output_name}' of {well}", timeout
    ):
        yield


@contextmanager
def own_well(well: Path, *, timeout: float) -> Iterator[None]:
    """Own what the images of a well share, while it is read or swapped; as `own_image`.

    Raises:
        LockHeldError: If another run still owns it.
        InvalidInputError: If it is no well, or cannot be written to.
    """
    with _own(well, "well", f"well {well}", timeout):
        yield


@contextmanager
def _own(well: Path, key: str, what: str, timeout: float) -> Iterator[None]:
    # A folder that is no well must not get our lock folder.
    require_kind(well, "well")
    folder = well / LOCK_FOLDER
    holder = folder / f"{key}{HOLDER_SUFFIX}"
    # Not per thread: a context may end in another thread than it began in.
    lock = FileLock(folder / f"{key}{LOCK_SUFFIX}", timeout=timeout, thread_local=False)
    try:
        folder.mkdir(exist_ok=True)
        require_inside(folder, well)
        lock.acquire()
        _write_holder(holder)
    except Timeout as error:
        raise LockHeldError(
            f"{what} is in use by {describe_holder(holder)}; wait for it to end, stop it, or "
            f"wait longer than the {timeout:g} s of the lock timeout"
        ) from error
    except OSError as error:
        lock.release()
        if error.errno not in _READ_ONLY:
            raise
        raise InvalidInputError(
            f"cannot write in {well} ({error.strerror}); ask for write permission on the well's "
            "folder"
        ) from error
    try:
        yield
    finally:
        try:
            holder.unlink(missing_ok=True)
        finally:
            lock.release()


def _write_holder(path: Path) -> None:
    since = datetime.now(tz=UTC).isoformat(timespec="seconds")
    content = {"host": socket.gethostname(), "pid": os.getpid(), "since": since}
    # A link in its place must not lead to another file, which would be emptied.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, mode=0o666)
    try:
        os.write(descriptor, json.dumps(content).encode())
    except OSError as error:
        # On a full disk a run must still be able to remove what an earlier one left.
        if error.errno not in _FULL:
            raise
    finally:
        os.close(descriptor)


def describe_holder(path: Path) -> str:
    """Return who a holder's file names: process, host and since when."""
    try:
        read = json.loads(path.read_bytes())
        return f"process {read['pid']} on {read['host']} since {read['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        # It owns the lock but has not yet said who it is, or no longer.
        return "another run that is just starting or ending"
