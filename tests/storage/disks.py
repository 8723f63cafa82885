"""Real file systems that are small, full or read-only, where this machine lets us mount some."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def in_memory() -> Iterator[Path]:
    """Make a folder in memory, where there is such a place: many small files are flushed."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it has a random name
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of that size; skip the test, with the reason, where that is refused."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or unmount is None:
        pytest.skip("only root can mount a small file system")
    folder.mkdir()
    asked = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        pytest.skip(f"this machine refuses to mount a small file system: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([unmount, "--lazy", str(folder)], check=True)  # noqa: S603 - ours


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Let nothing be written to a mounted file system meanwhile."""
    _remount(disk, "ro")
    try:
        yield
    finally:
        _remount(disk, "rw")


@contextmanager
def filled(disk: Path, *, leave: int = 0) -> Iterator[None]:
    """Fill a file system but for some bytes, and make room again at the end."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        state = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - leave)
    try:
        yield
    finally:
        filler.unlink()


def _remount(disk: Path, how: str) -> None:
    mount = shutil.which("mount") or "mount"
    subprocess.run([mount, "-o", f"remount,{how}", str(disk)], check=True)  # noqa: S603 - ours
