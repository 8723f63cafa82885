"""Exchange two folders in one step, where kernel and file system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_CURRENT_FOLDER = -100
_RENAME_EXCHANGE = 2

# What kernels and file systems that cannot exchange answer (NFS, SMB, FUSE: EINVAL).
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


def exchange(first: Path, second: Path) -> bool:
    """Let two folders of one file system swap names; there is no moment without either name.

    The call is Linux's renameat2(2) with RENAME_EXCHANGE.

    Returns:
        True if they were exchanged, False if that cannot be done here and nothing has changed.

    Raises:
        OSError: With both paths, if it can be done here but failed; nothing has changed.
    """
    code = _renameat2(os.fsencode(first), os.fsencode(second))
    if code == 0:
        return True
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(first), None, str(second))


def _renameat2(first: bytes, second: bytes) -> int:
    """Return 0, or the error's number."""
    library = ctypes.CDLL(None, use_errno=True)
    function = getattr(library, "renameat2", None)
    if function is None:
        return errno.ENOSYS
    done = function(
        ctypes.c_int(_AT_CURRENT_FOLDER),
        ctypes.c_char_p(first),
        ctypes.c_int(_AT_CURRENT_FOLDER),
        ctypes.c_char_p(second),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    return 0 if done == 0 else ctypes.get_errno()
