"""A folder's files become its own, or stay whole."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from tasks.storage.unshare import unshare


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


def test_shared_files_become_their_own(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "0").mkdir(parents=True)
    shared, own = folder / "0" / "shared", folder / "own"
    shared.hardlink_to(source)
    own.write_bytes(b"own")
    before = own.stat().st_ino
    unshare(folder)
    assert not shared.samefile(source)
    assert (shared.read_bytes(), source.stat().st_nlink) == (b"content", 1)
    assert own.stat().st_ino == before
    assert sorted(path.name for path in folder.rglob("*")) == ["0", "own", "shared"]


def test_what_cannot_become_its_own_stays_whole(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "shared").hardlink_to(source)

    def full(_: Path, target: Path) -> None:
        target.write_bytes(b"con")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        unshare(folder)
    assert [path.name for path in folder.iterdir()] == ["shared"]
    assert source.read_bytes() == b"content"
