"""Carry a file over to another folder: by a second name where that is safe, else by a copy."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

_CANNOT_LINK = frozenset(
    {
        errno.EMLINK,
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        # A file of somebody else, or a file system without links: vfat, some mounts of SMB.
        errno.EPERM,
        errno.EXDEV,
    }
)


def carry_file(source: Path, target: Path, *, link: bool) -> bool:
    """Let a file be at another place too; say whether there was one.

    Args:
        source: The file; a symbolic link's content is copied. No folder above it may be a symbolic
            link where `link` is set: the file would then keep its second name for good.
        target: Where nothing is yet; its folder must exist.
        link: Make a hard link, which takes neither time nor room: for a file that nobody changes
            while it has two names. A copy is made where the file system has no such links.

    Raises:
        OSError: If it cannot be read or written.
    """
    try:
        if link and stat.S_ISREG(source.lstat().st_mode) and _could_link(source, target):
            return True
        shutil.copyfile(source, target)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise
        return False
    return True


def _could_link(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except FileExistsError:
        # The answer of a server may be lost, and the call come twice.
        if not target.samefile(source):
            raise
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        return False
    return True
