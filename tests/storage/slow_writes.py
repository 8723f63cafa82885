"""Files that zarr writes at the same time: one cannot be written, the others begin late."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest
from zarr.storage import _local

LATE = 0.5
"""Seconds before zarr writes a file that it had no reason to wait for."""


def fail_one_and_delay_others(patch: pytest.MonkeyPatch, failing: str) -> None:
    """Let the disk be full for files of one name, and all other threads of zarr be busy."""
    put = _local._put

    def broken(path: Path, *args: Any, **kwargs: Any) -> int:
        if path.name == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        time.sleep(LATE)
        return put(path, *args, **kwargs)

    patch.setattr(_local, "_put", broken)
