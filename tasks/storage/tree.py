"""Read what is below a folder in one walk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class FileEntry(NamedTuple):
    """A regular file below a folder."""

    path: str
    """Relative to the folder that was walked."""
    size: int
    """Bytes of content; 0 if sizes were not asked for."""
    modified: int = 0
    """When the content was last changed, in nanoseconds; 0 if sizes were not asked for."""


class Tree(NamedTuple):
    """What is below a folder; every path is relative to it."""

    folders: tuple[str, ...]
    """Parents before their children; the folder itself is not among them."""
    files: tuple[FileEntry, ...]
    links: tuple[str, ...]
    """Symbolic links, to whatever; they are not followed."""
    specials: tuple[str, ...]
    """Sockets, pipes and devices."""

    @property
    def size(self) -> int:
        """Bytes of content of all regular files."""
        return sum(file.size for file in self.files)


def keep_all(path: Path) -> bool:  # noqa: ARG001 - a `skip` that skips nothing
    """Skip nothing."""
    return False


def read_tree(root: Path, *, skip: Callable[[Path], bool] = keep_all, sizes: bool = False) -> Tree:
    """Walk a folder once; a skipped folder is not entered.

    Args:
        root: Folder to walk.
        skip: Called with each path relative to `root`; True leaves it and all below it out.
        sizes: Whether to ask for size and time of each file, which costs a call each.

    Raises:
        OSError: If a folder cannot be read; it may be gone by now.
    """
    folders: list[str] = []
    files: list[FileEntry] = []
    links: list[str] = []
    specials: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        for entry in ordered:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if skip is not keep_all and skip(Path(path)):
                continue
            if entry.is_symlink():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                if sizes:
                    state = entry.stat(follow_symlinks=False)
                    files.append(FileEntry(path, state.st_size, state.st_mtime_ns))
                else:
                    files.append(FileEntry(path, 0))
            else:
                specials.append(path)
    return Tree(tuple(folders), tuple(files), tuple(links), tuple(specials))


def files_and_links(root: Path, tree: Tree) -> list[FileEntry]:
    """Return the files of a tree; a link to a file is one of the size of that file.

    Args:
        root: Folder that was walked, with sizes.
        tree: What was found.

    Raises:
        OSError: If a link leads nowhere.
    """
    linked = (FileEntry(link, (root / link).stat().st_size) for link in tree.links)
    return sorted([*tree.files, *linked])
