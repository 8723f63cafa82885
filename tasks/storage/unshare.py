"""Give every file of a folder a content of its own, where it was the same file as another."""

from __future__ import annotations

import shutil
from pathlib import Path

from tasks.storage.access import give_access, read_access
from tasks.storage.tree import read_tree


def unshare(folder: Path) -> None:
    """Give every file below a folder that has a second name a content of its own.

    Raises:
        OSError: A file cannot be copied; those before it are.
    """
    for file in read_tree(folder).files:
        path = folder / file.path
        if path.lstat().st_nlink > 1:
            own = path.with_name(f".{path.name}.own")
            try:
                shutil.copyfile(path, own)
                give_access(own, read_access(path))
                own.replace(path)
            except OSError:
                own.unlink(missing_ok=True)
                raise
