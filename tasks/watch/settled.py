"""When something was last written in a plate."""

from __future__ import annotations

import os
from pathlib import Path


def changed_after(folder: Path, instant: float) -> float | None:
    """Return when something in a folder was changed, if that was after an instant; else None.

    It looks at times of folders and files, and stops at the first that is late enough. A time in
    the future, of a machine whose clock is fast, counts as late.

    Args:
        folder: The plate.
        instant: In seconds, as `time.time` says it.

    Raises:
        OSError: A folder cannot be read.
    """
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        changed = Path(here).stat().st_mtime
        if changed > instant:
            return changed
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif (changed := entry.stat(follow_symlinks=False).st_mtime) > instant:
                    return changed
    return None
