"""Bring files and folders to the disk, so that a power cut cannot undo a swap."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from tasks.storage.access import access_in, give_access, read_access
from tasks.storage.parallel import run_all
from tasks.storage.tree import read_tree

# SMB and some FUSE file systems cannot flush a folder, and answer with one of these.
_FOLDER_CANNOT_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES})


def flush_tree(root: Path) -> int:
    """Flush every file and folder below and including a folder; return how many there were.

    Raises:
        OSError: If the disk did not take the data. Asking again may then falsely succeed, so
            the tree must be thrown away.
    """
    tree = read_tree(root)
    run_all(lambda file: flush_file(root / file.path), tree.files)
    run_all(lambda folder: flush_folder(root / folder), tree.folders)
    flush_folder(root)
    return len(tree.files) + len(tree.folders) + 1


def flush_file(path: Path) -> None:
    """Flush one file's content.

    Raises:
        OSError: With the path, if the disk did not take the data.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _flush(descriptor, path)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Flush a folder's entries, where the file system can do that.

    Raises:
        OSError: With the path, if the disk did not take the entries.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _flush(descriptor, path)
    except OSError as error:
        if error.errno not in _FOLDER_CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes, *, temporary: Path) -> None:
    """Put a complete, flushed file in place at once; readers see the old or the new content.

    Args:
        path: The file; if it exists, who may do what with it is kept.
        content: All of it.
        temporary: Where the content is written first, on the same file system.

    Raises:
        OSError: If it cannot be written; the old file is then untouched and `temporary` gone.
    """
    try:
        # What an earlier run left there goes, also a link: it must not lead to another file.
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, mode=0o666)
        try:
            access = read_access(path) if path.exists() else access_in(path.parent)
            give_access(descriptor, access)
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            _flush(descriptor, temporary)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def _flush(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # The call knows a number only; a person needs the path.
        raise OSError(error.errno, f"cannot bring to disk: {error.strerror}", str(path)) from error
