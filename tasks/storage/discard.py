"""Take what is of no use any more out of the way and remove it; what must stay stops no run."""

from __future__ import annotations

import os
from pathlib import Path

from tasks.storage.access import describe_access
from tasks.storage.hidden import free_name
from tasks.storage.removal import remove_tree


def discard(folder: Path, aside: Path) -> tuple[str, ...]:
    """Remove a folder of ours, if it is there, under a name that says what it is.

    Half removed, it is never taken for what it was; and its name is free, whatever can be removed.

    Args:
        folder: What to remove.
        aside: What it is called while it is removed; if that is taken, a number is added.

    Returns:
        What could not be removed, in one message; empty if nothing is left.

    Raises:
        OSError: If it cannot be renamed.
    """
    if not os.path.lexists(folder):
        return ()
    discarded = free_name(aside)
    folder.rename(discarded)
    return remove_discarded(discarded)


def remove_discarded(discarded: Path) -> tuple[str, ...]:
    """Remove what was discarded.

    Returns:
        What could not be removed, in one message; empty if nothing is left.
    """
    try:
        remove_tree(discarded)
    except OSError as error:
        culprit = Path(error.filename or discarded).parent
        return (
            f"{discarded} is of no use any more and could not be removed ({error}; "
            f"{culprit} is {describe_access(culprit)}). It stops no run; the next one tries again",
        )
    return ()
