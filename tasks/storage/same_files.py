"""Compare two folders file by file, whatever their size, with little in memory."""

from __future__ import annotations

from pathlib import Path

from tasks.storage.tree import read_tree

_AT_A_TIME = 2**20


def content_differences(source: Path, copy: Path) -> list[str]:
    """Return which files of a copied folder are missing, added, or hold other bytes.

    Args:
        source: The folder; a link in it counts as the file that it leads to.
        copy: Its copy.

    Raises:
        OSError: When a file cannot be read.
    """
    old, new = _names(source), _names(copy)
    return [
        *(f"file {name} is missing" for name in sorted(old - new)),
        *(f"file {name} is not the source's" for name in sorted(new - old)),
        *(
            f"file {name} holds other bytes than the source's"
            for name in sorted(old & new)
            if not _same_bytes(source / name, copy / name)
        ),
    ]


def _names(folder: Path) -> set[str]:
    tree = read_tree(folder)
    return {*(str(file.path) for file in tree.files), *(str(link) for link in tree.links)}


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while piece := first.read(_AT_A_TIME):
            if piece != second.read(_AT_A_TIME):
                return False
    return True
