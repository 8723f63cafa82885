"""What a folder looks like from outside: any touch shows."""

from __future__ import annotations

from pathlib import Path


def snapshot(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return mode, size, time of change and file number of a folder and everything in it."""
    return {
        str(path.relative_to(folder)): (
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            status.st_ino,
        )
        for path in [folder, *folder.rglob("*")]
        for status in [path.lstat()]
    }
