"""Let what is made anew be as accessible as what it stands for: none locked out, none let in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tasks.storage.access import Access, for_file, give_access, read_access, user_name
from tasks.storage.attributes import (
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_CONSOLIDATED,
    ZARR_2_GROUP,
    ZARR_3,
)
from tasks.storage.parallel import run_all
from tasks.storage.staging import CHUNK_NAME
from tasks.storage.tree import read_tree

_METADATA = frozenset({ZARR_2_ARRAY, ZARR_2_ATTRIBUTES, ZARR_2_CONSOLIDATED, ZARR_2_GROUP, ZARR_3})


def keep_access(original: Path, made: Path) -> tuple[str, ...]:
    """Give all that was made anew what the original's folder or file of the same path has.

    A chunk that the original does not have gets what its array's others have, any other file what
    files in its folder should have. A file that both share is left alone.

    Args:
        original: Folder that `made` will stand for.
        made: Folder without links, all of whose own files this person has made.

    Returns:
        What could not be kept, in one message; empty if all was.

    Raises:
        OSError: If the file system fails.
    """
    like = _Likeness(original)
    lost: set[str] = set(give_access(made, like.of_folder("")))
    tree = read_tree(made)
    # Parents first: a new folder is like the one that it is in.
    for folder in tree.folders:
        lost |= give_access(made / folder, like.of_folder(folder))

    def give(name: str) -> None:
        path = made / name
        if path.lstat().st_nlink == 1:
            # Added to by many threads, which a set of Python's stands.
            lost.update(give_access(path, like.of_file(name)))

    run_all(give, [file.path for file in tree.files])
    if not lost:
        return ()
    return (
        # The same for every image, and so told once.
        f"could not keep {', '.join(sorted(lost))}, as only an administrator can; the new files "
        f"are those of {user_name(os.geteuid())}",
    )


def give_access_in(folder: Path, made: Path) -> None:
    """Give a new folder below another, and all in it, what new ones there should have.

    Raises:
        OSError: If the file system fails.
    """
    access = read_access(folder)._replace(is_own=False)
    tree = read_tree(made)
    for name in ("", *tree.folders):
        give_access(made / name, access)
    for file in tree.files:
        give_access(made / file.path, for_file(access))


class _Likeness:
    """Finds in the original what new folders and files should be like."""

    def __init__(self, original: Path) -> None:
        self._original = original
        self._folders: dict[str, Access] = {}
        self._chunks: dict[str, Access] = {}

    def of_folder(self, name: str) -> Access:
        path = self._original / name
        if path.is_dir():
            access = read_access(path)
        else:
            access = self._folders[_parent(name)]._replace(is_own=False)
        self._folders[name] = access
        return access

    def of_file(self, name: str) -> Access:
        try:
            return read_access(self._original / name)
        except (FileNotFoundError, NotADirectoryError):
            pass
        folder, first = _nearest(self._original, name)
        if CHUNK_NAME.fullmatch(first) is None:
            return for_file(self._folders[_parent(name)])
        if folder not in self._chunks:
            typical = next(_data_files(self._original / folder), None)
            found = for_file(self._folders[folder]) if typical is None else read_access(typical)
            self._chunks[folder] = found._replace(is_own=False)
        return self._chunks[folder]


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def _nearest(root: Path, name: str) -> tuple[str, str]:
    """Return the nearest folder above a path that there is, and the first part that is missing."""
    parts = Path(name).parts
    there = next(n for n in range(len(parts) - 1, -1, -1) if root.joinpath(*parts[:n]).is_dir())
    return "/".join(parts[:there]), parts[there]


def _data_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, those that hold no metadata, then those that do."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    files = [entry for entry in ordered if entry.is_file(follow_symlinks=False)]
    yield from (Path(entry) for entry in files if entry.name not in _METADATA)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from _data_files(Path(entry))
    yield from (Path(entry) for entry in files if entry.name in _METADATA)
