"""Remove a folder with all that is in it, many files at once; say before what cannot be removed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.storage.access import describe_access, user_name
from tasks.storage.parallel import run_all
from tasks.storage.tree import read_tree


def remove_tree(path: Path) -> bool:
    """Remove a folder and everything below it; links are removed, not followed.

    Returns:
        Whether there was something to remove. Another process removing the same at the same time
        is no error.

    Raises:
        OSError: If something cannot be removed; what could be is gone.
    """
    if not os.path.lexists(path):
        return False
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return True
    try:
        tree = read_tree(path)
    except FileNotFoundError:
        return True
    errors: list[OSError] = []

    def remove(name: str) -> None:
        try:
            (path / name).unlink(missing_ok=True)
        except OSError as error:
            errors.append(error)

    run_all(remove, [*(file.path for file in tree.files), *tree.links, *tree.specials])
    for folder in (*(path / name for name in reversed(tree.folders)), path):
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError as error:
            errors.append(error)
    if errors:
        # The same each time; that a folder is not empty says least.
        raise min(errors, key=lambda e: (e.errno == errno.ENOTEMPTY, str(e.filename)))
    return True


def require_removable(path: Path) -> None:
    """Check that this person may rename a file or folder, and remove it with all that is in it.

    Nothing is changed.

    Raises:
        InvalidInputError: If not, naming the folder whose entries they may not remove, and whose
            it is.
        OSError: If the file system fails.
    """
    if not os.path.lexists(path):
        return
    _require_entries_removable(path.parent, [path], of=path)
    if path.is_symlink() or not path.is_dir():
        return
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except PermissionError as error:
            raise _fixed(path, f"look into {folder}", folder) from error
        if found:
            _require_entries_removable(folder, [Path(entry) for entry in found], of=path)
        waiting += [Path(entry) for entry in found if entry.is_dir(follow_symlinks=False)]


def _require_entries_removable(folder: Path, entries: list[Path], *, of: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise _fixed(of, f"remove what is in {folder}", folder)
    state, me = folder.stat(), os.geteuid()
    # In a sticky folder only an entry's owner, the folder's or an administrator may remove it.
    if state.st_mode & stat.S_ISVTX and me not in {0, state.st_uid}:
        for entry in entries:
            if entry.lstat().st_uid != me:
                raise _fixed(of, f"remove {entry}", entry)


def _fixed(path: Path, what: str, culprit: Path) -> InvalidInputError:
    return InvalidInputError(
        f"{path} cannot be replaced: {user_name(os.geteuid())} may not {what} "
        f"({describe_access(culprit)}). Ask its owner or an administrator to let its group write "
        "there, or keep what is there with --no-overwrite-input. Nothing was changed"
    )
