"""One walk finds everything; copying and removing do exactly that."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.errors import InvalidInputError
from tasks.storage.copying import copy_tree
from tasks.storage.durable import flush_folder, flush_tree, write_file
from tasks.storage.parallel import run_all
from tasks.storage.removal import remove_tree
from tasks.storage.tree import FileEntry, read_tree
from tests.trees import digest_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/b/deep", "a/x", "y", "empty/z"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "folder" / "empty" / "z").unlink()
    return tmp_path / "folder"


def test_everything_is_found(folder: Path) -> None:
    (folder / "link").symlink_to("a")
    os.mkfifo(folder / "pipe")
    tree = read_tree(folder, sizes=True)
    assert set(tree.folders) == {"a", "a/b", "empty"}
    assert set(tree.files) == {
        FileEntry(path, size, (folder / path).stat().st_mtime_ns)
        for path, size in (("a/b/deep", 8), ("a/x", 3), ("y", 1))
    }
    assert (tree.links, tree.specials) == (("link",), ("pipe",))
    assert tree.size == 12


def test_a_skipped_folder_is_not_entered(folder: Path) -> None:
    seen: list[str] = []

    def skip(path: Path) -> bool:
        seen.append(path.as_posix())
        return path.name == "b"

    assert {file.path for file in read_tree(folder, skip=skip).files} == {"a/x", "y"}
    assert "a/b/deep" not in seen


def test_a_copy_is_the_same_byte_for_byte(folder: Path, tmp_path: Path) -> None:
    assert copy_tree(folder, tmp_path / "copy") == 12
    assert digest_tree(tmp_path / "copy") == digest_tree(folder)
    assert (tmp_path / "copy" / "empty").is_dir()


def test_a_copy_never_mixes_with_what_is_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(FileExistsError):
        copy_tree(folder, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_full_disk_while_copying_keeps_its_cause(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left") as caught:
        copy_tree(folder, tmp_path / "copy")
    assert str(tmp_path / "copy") in str(caught.value.filename)


def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInputError, match="symbolic link"):
        copy_tree(folder, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_removing_does_not_follow_links(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    (folder / "link").symlink_to(tmp_path / "kept")
    assert remove_tree(folder)
    assert not folder.exists()
    assert (tmp_path / "kept" / "file").read_text() == "kept"
    assert not remove_tree(folder)


def test_removing_a_link_leaves_what_it_points_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert remove_tree(tmp_path / "link")
    assert folder.is_dir()


def test_removing_what_another_process_removes_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = read_tree(folder)
    shutil.rmtree(folder / "a")
    monkeypatch.setattr("tasks.storage.removal.read_tree", lambda _: tree)
    assert remove_tree(folder)
    assert not folder.exists()


def test_flushing_reaches_every_file_and_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr("tasks.storage.durable._flush", lambda _, path: flushed.append(str(path)))
    assert flush_tree(folder) == 7
    assert sorted(flushed) == sorted(str(path) for path in [folder, *folder.rglob("*")])


@pytest.mark.parametrize(("code", "fatal"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_folder_that_cannot_be_flushed(
    folder: Path, code: int, fatal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    if not fatal:
        flush_folder(folder)
        return
    with pytest.raises(OSError, match="cannot bring to disk") as caught:
        flush_folder(folder)
    assert caught.value.filename == str(folder)


def test_a_file_is_replaced_whole_and_keeps_its_permissions(folder: Path) -> None:
    (folder / "y").chmod(0o640)
    with (folder / "y").open("rb") as reader:
        write_file(folder / "y", b"new", temporary=folder / ".new")
        assert reader.read() == b"y"
    assert (folder / "y").read_bytes() == b"new"
    assert (folder / "y").stat().st_mode & 0o777 == 0o640
    assert not (folder / ".new").exists()


def test_a_file_that_cannot_be_replaced_is_untouched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(folder / "y", b"new", temporary=folder / ".new")
    assert (folder / "y").read_text() == "y"
    assert not (folder / ".new").exists()


@given(st.integers(0, 400))
def test_every_item_is_handled_once(count: int) -> None:
    handled: list[int] = []
    run_all(handled.append, range(count))
    assert sorted(handled) == list(range(count))


def test_the_first_error_is_raised_and_the_rest_left_out() -> None:
    handled: list[int] = []

    def fail(item: int) -> None:
        if item == 0:
            raise OSError(errno.ENOSPC, "full")
        handled.append(item)

    with pytest.raises(OSError, match="full"):
        run_all(fail, range(100_000))
    assert len(handled) < 100_000 - 1
