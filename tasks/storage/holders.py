"""See which locks of a well are held and which a dead run left behind, without taking any."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tasks.plan.window import Frozen
from tasks.storage.hidden import LOCK_FOLDER
from tasks.storage.locks import IMAGE_KEY_SUFFIX, LOCK_SUFFIX, describe_holder


class Holder(Frozen):
    """A lock of a well that is held, or that its dead holder's name still lies beside."""

    image: str | None
    """Name of the image that it guards; None for the well's own lock."""
    who: str
    """Host, process and since when."""
    is_alive: bool
    """Whether the lock is held now."""


def read_holders(well: Path) -> tuple[Holder, ...]:
    """Return the locks of a well that are held, or whose holder ended without saying so.

    Raises:
        OSError: If the folder of the locks cannot be read.
    """
    found = []
    for lock in sorted((well / LOCK_FOLDER).glob(f"*{LOCK_SUFFIX}")):
        key = lock.name.removesuffix(LOCK_SUFFIX)
        alive = is_held(lock)
        if not alive and not _names_somebody(lock):
            continue
        image = key.removesuffix(IMAGE_KEY_SUFFIX) if key.endswith(IMAGE_KEY_SUFFIX) else None
        who = describe_holder(lock)
        found.append(Holder(image=image, who=who, is_alive=alive))
    return tuple(found)


def is_held(lock: Path) -> bool:
    """Return whether some process holds a lock now; one that cannot be asked counts as held.

    The question takes a shared lock for an instant, so that a run that asks for the lock at that
    very instant and does not wait finds it taken.
    """
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _names_somebody(lock: Path) -> bool:
    try:
        return lock.stat().st_size > 0
    except FileNotFoundError:
        # It was given back meanwhile.
        return False
