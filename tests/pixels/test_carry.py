"""A file is carried over by a second name where it may be, else by a copy."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tasks.pixels.carry import carry_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


@pytest.mark.parametrize("link", [True, False])
def test_carried(source: Path, tmp_path: Path, link: bool) -> None:
    target = tmp_path / "target"
    assert carry_file(source, target, link=link)
    assert target.read_bytes() == b"content"
    assert target.samefile(source) is link


@pytest.mark.parametrize("link", [True, False])
def test_no_file(tmp_path: Path, link: bool) -> None:
    assert not carry_file(tmp_path / "absent", tmp_path / "target", link=link)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", [True, False])
def test_a_folder_that_is_gone_is_not_a_file_that_is_missing(
    source: Path, tmp_path: Path, link: bool
) -> None:
    with pytest.raises(FileNotFoundError):
        carry_file(source, tmp_path / "absent" / "target", link=link)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(errno.EPERM, id="vfat, or protected_hardlinks and somebody else's file"),
        pytest.param(errno.ENOTSUP, id="SMB without Unix extensions"),
        pytest.param(errno.ENOSYS, id="FUSE without links"),
        pytest.param(errno.EXDEV, id="another file system, or overlayfs"),
        pytest.param(errno.EMLINK, id="too many names of one file"),
    ],
)
def test_copied_where_there_are_no_links(
    source: Path, tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    monkeypatch.setattr(os, "link", _failing(code))
    assert carry_file(source, target, link=True)
    assert target.read_bytes() == b"content"
    assert not target.samefile(source)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.ESTALE])
def test_other_errors_are_not_hidden(
    source: Path, tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _failing(code))
    with pytest.raises(OSError, match="source") as caught:
        carry_file(source, tmp_path / "target", link=True)
    assert caught.value.errno == code
    assert not (tmp_path / "target").exists()


def test_a_link_that_was_made_before_its_answer_was_lost(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.hardlink_to(source)
    assert carry_file(source, target, link=True)
    assert target.samefile(source)


def test_another_file_is_in_the_place(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"other")
    with pytest.raises(FileExistsError):
        carry_file(source, target, link=True)
    assert target.read_bytes() == b"other"


def test_the_content_of_a_symbolic_link_is_copied(source: Path, tmp_path: Path) -> None:
    symbolic, target = tmp_path / "symbolic", tmp_path / "target"
    symbolic.symlink_to(source.name)
    assert carry_file(symbolic, target, link=True)
    assert not target.is_symlink()
    assert target.read_bytes() == b"content"
    assert not target.samefile(source)


def _failing(code: int) -> Any:
    def link(source: Path, target: Path) -> None:
        raise OSError(code, os.strerror(code), str(source), None, str(target))

    return link
