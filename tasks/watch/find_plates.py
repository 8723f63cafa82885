"""Find the plates in a folder in which they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import kind_of

DEEPEST = 2
"""How many folders may lie between a watched folder and a plate."""


def find_plates(folder: Path) -> Iterator[Path]:
    """Yield the plate that a folder is, or those that lie in it, in the order of their names.

    Hidden folders are not entered, nor is what is in a plate, or any other zarr.

    Raises:
        InvalidInputError: There is no such folder.
        OSError: A folder cannot be read.
    """
    if not folder.is_dir():
        raise InvalidInputError(
            f"{folder} is no folder: nothing is watched there. Is its disk mounted where this runs?"
        )
    yield from _in(folder, DEEPEST)


def _in(folder: Path, deeper: int) -> Iterator[Path]:
    match _kind(folder):
        case "plate":
            yield folder
        case "other":
            for inside in sorted(folder.iterdir()) if deeper >= 0 else ():
                if inside.is_dir() and not inside.name.startswith("."):
                    yield from _in(inside, deeper - 1)


def _kind(folder: Path) -> str:
    try:
        return kind_of(folder)
    except InvalidInputError:
        # Metadata that is just being written; the next look finds them complete.
        return "unreadable"
