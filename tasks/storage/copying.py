"""Copy a folder file by file, never through a link that leads out of it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.access import give_access, read_access
from tasks.storage.parallel import run_all
from tasks.storage.tree import Tree, keep_all, read_tree


def copy_tree(source: Path, target: Path, *, skip: Callable[[Path], bool] = keep_all) -> int:
    """Copy a folder byte for byte to a place where nothing is yet; return the bytes copied.

    Folders are at once as accessible as those of the source, so that nobody else looks into the
    copy, and this person may write in them; what files are is for `keep_access`, at the end. A link
    to a file inside `source` is copied as that file's content.

    Args:
        source: Folder to copy.
        target: New folder; its parent must exist.
        skip: Called with each path relative to `source`; True leaves it and all below it out.

    Raises:
        InvalidInputError: Before anything is written, for a link that leads out of `source` or
            to a folder, or for a socket, pipe or device.
        FileExistsError: If `target` exists.
        OSError: If something cannot be read or written; what was copied stays in `target`.
    """
    tree = read_tree(source, skip=skip, sizes=True)
    _refuse_specials(source, tree)
    linked = [(link, _linked_size(source, link)) for link in tree.links]
    for folder in ("", *tree.folders):
        made, access = target / folder, read_access(source / folder)
        made.mkdir(mode=stat.S_IRWXU)
        give_access(made, access._replace(mode=access.mode | stat.S_IRWXU))
    names = [*(file.path for file in tree.files), *(link for link, _ in linked)]
    run_all(lambda name: shutil.copyfile(source / name, target / name), names)
    return tree.size + sum(size for _, size in linked)


def _refuse_specials(source: Path, tree: Tree) -> None:
    if tree.specials:
        raise InvalidInputError(
            f"{source / tree.specials[0]} is neither a file nor a folder and cannot be carried "
            "over; remove it and run again"
        )


def _linked_size(source: Path, link: str) -> int:
    end = (source / link).resolve()
    if not end.is_relative_to(source.resolve()) or not end.is_file():
        raise InvalidInputError(
            f"{source / link} is a symbolic link to {end}, which is not a file inside {source}; "
            "put the file itself in its place and run again"
        )
    return end.stat().st_size
