"""Let one run at a time own an image or a well, and say who owns it."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.access import describe_access
from tasks.storage.hidden import LOCK_FOLDER, output_names
from tasks.storage.kinds import kind_of, require_kind
from tasks.storage.lock_file import give_back, take_lock
from tasks.storage.paths import require_inside

LOCK_SUFFIX = ".lock"
IMAGE_KEY_SUFFIX = ".image"
"""Ending of the keys of images, so that no image shares the well's own key."""

_OLD_HOLDER_SUFFIX = ".holder.json"
"""Ending of the file beside a lock in which earlier versions said who holds it."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def own_image(well: Path, image_name: str, *, timeout: float) -> Iterator[None]:
    """Own an image and every result it can have, for the time of a whole run.

    The operating system frees the lock of a process that ends, however it ends. Threads of one
    process exclude each other as processes do. The files of the locks are there only while they
    are held, and their folder only while there are some.

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
def own_registration(well: Path, *, timeout: float) -> Iterator[None]:
    """Own the way from a well's raw images to registered ones, for the time of a whole run.

    Shifts that one run estimates are worth nothing once another has moved the pixels. Otherwise as
    `own_image`.

    Raises:
        LockHeldError: If another run is on that way.
        InvalidInputError: If it is no well, or cannot be written to.
    """
    with _own(well, "registration", f"well {well}", timeout):
        yield


def forget_ended(well: Path) -> None:
    """Remove what runs that were killed, or that were of an earlier version, left of their locks.

    What cannot be removed hinders nobody, and stays.
    """
    folder = well / LOCK_FOLDER
    if kind_of(well) != "well" or folder.is_symlink() or not folder.is_dir():
        return
    with suppress(OSError):
        for lock in folder.glob(f"*{LOCK_SUFFIX}"):
            descriptor = take_lock(lock, timeout=0)
            if descriptor is not None:
                _give_back(lock, descriptor)


def describe_holder(lock: Path) -> str:
    """Return who the file of a lock names: process, host and since when."""
    try:
        read = json.loads(lock.read_bytes())
        return f"process {read['pid']} on {read['host']} since {read['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        # It owns the lock but has not yet said who it is, or no longer.
        return "another run that is just starting or ending"


@contextmanager
def _own(well: Path, key: str, what: str, timeout: float) -> Iterator[None]:
    # A folder that is no well must not get our lock folder.
    require_kind(well, "well")
    lock = well / LOCK_FOLDER / f"{key}{LOCK_SUFFIX}"
    require_inside(lock.parent, well)
    descriptor = None
    try:
        descriptor = take_lock(lock, timeout=timeout)
        if descriptor is not None:
            _write_holder(descriptor)
    except OSError as error:
        if descriptor is not None:
            _give_back(lock, descriptor)
        if error.errno not in _READ_ONLY:
            raise
        culprit = lock if lock.exists() else lock.parent if lock.parent.exists() else well
        raise InvalidInputError(
            f"cannot write in {well}: {culprit} ({describe_access(culprit)}): {error.strerror}. "
            f"Ask its owner or an administrator for write permission on {culprit}"
        ) from error
    if descriptor is None:
        raise LockHeldError(
            f"{what} is in use by {describe_holder(lock)}; wait for it to end, stop it, or "
            f"wait longer than the {timeout:g} s of the lock timeout"
        )
    try:
        yield
    finally:
        _give_back(lock, descriptor)


def _give_back(lock: Path, descriptor: int) -> None:
    with suppress(OSError):
        lock.with_name(f"{lock.name.removesuffix(LOCK_SUFFIX)}{_OLD_HOLDER_SUFFIX}").unlink()
    give_back(lock, descriptor)


def _write_holder(descriptor: int) -> None:
    since = datetime.now(tz=UTC).isoformat(timespec="seconds")
    content = {"host": socket.gethostname(), "pid": os.getpid(), "since": since}
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(content).encode())
    except OSError as error:
        # On a full disk a run must still be able to remove what an earlier one left; and what
        # another person left in a sticky folder can be locked, but not written to.
        if error.errno not in _FULL | {errno.EBADF, errno.EINVAL}:
            raise
