"""Remove a folder with all that is in it, many files at once."""

from __future__ import annotations

import os
from pathlib import Path

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
    names = [*(file.path for file in tree.files), *tree.links, *tree.specials]
    run_all(lambda name: (path / name).unlink(missing_ok=True), names)
    for folder in reversed(tree.folders):
        _remove_folder(path / folder)
    _remove_folder(path)
    return True


def _remove_folder(folder: Path) -> None:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return
