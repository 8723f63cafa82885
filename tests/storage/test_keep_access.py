"""What a result's files are like: as accessible as what they stand for, whoever registers."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.storage.access import Access, describe_access, give_access, read_access
from tasks.storage.keep_access import keep_access
from tasks.storage.well_entries import list_image
from tests.people import (
    ELSEWHERE,
    LAB,
    LEA,
    NOOR,
    done_by,
    give_to,
    needs_other_people,
    open_to_all,
    usual_umask,
)
from tests.registration import register
from tests.runs import Run, run_image


@pytest.fixture
def ngff_version() -> str:
    """Return one: files are files."""
    return "0.4"


def modes_of(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }


def set_modes(folder: Path, folders: int, files: int) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(folders if path.is_dir() else files)


@pytest.mark.parametrize(
    ("folders", "files", "why"),
    [
        (0o2775, 0o664, "a lab's share: colleagues write"),
        (0o2770, 0o660, "a private image: others do not read"),
        (0o700, 0o600, "one person's own"),
        (0o755, 0o444, "files that are not to be changed"),
    ],
)
@pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])
def test_modes_are_those_of_the_original(
    well: Path, folders: int, files: int, why: str, overwrite_input: bool
) -> None:
    set_modes(well.parents[1], folders, files)
    with usual_umask():
        plan = register(well / "1", overwrite_input=overwrite_input)
    # Chunks that the original does not have, too, and the well's own metadata, written anew.
    for path in [well, *well.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (folders if path.is_dir() else files), why
    assert plan.output_path.is_dir()


def test_each_file_has_the_mode_of_its_own(well: Path) -> None:
    image = well / "1"
    (image / "OME").chmod(0o711)
    (image / "OME" / "METADATA.ome.xml").chmod(0o604)
    (image / "tables" / "features" / "table.csv").chmod(0o640)
    before = modes_of(image)
    with usual_umask():
        register(image)
    after = modes_of(image)
    assert {path: after[path] for path in before if path in after} == {
        path: mode for path, mode in before.items() if path in after
    }


def test_nobody_looks_into_what_is_being_written(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (well / "1").chmod(0o700)
    seen = []
    copy = shutil.copyfile

    def look(source: Path, target: Path) -> object:
        if "staging" in str(target):
            seen.append(stat.S_IMODE(target.parents[0].stat().st_mode))
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", look)
    with usual_umask():
        register(well / "1")
    assert seen[0] == 0o700


def test_a_new_chunk_is_like_the_others_of_its_array(tmp_path: Path) -> None:
    original, made = tmp_path / "1", tmp_path / "new"
    for folder in (original, made):
        (folder / "0" / "0").mkdir(parents=True)
        (folder / "0" / "zarr.json").write_text("{}")
    (original / "0" / "0" / "0").write_bytes(b"old")
    (made / "0" / "5").mkdir()
    (made / "0" / "5" / "7").write_bytes(b"new")
    (made / "notes").write_bytes(b"new")
    set_modes(original, 0o2770, 0o664)
    (original / "0" / "0" / "0").chmod(0o640)
    assert keep_access(original, made) == ()
    assert modes_of(made) == {
        ".": 0o2770,
        "0": 0o2770,
        "0/zarr.json": 0o664,
        "0/0": 0o2770,
        "0/5": 0o2770,
        "0/5/7": 0o640,
        "notes": 0o660,
    }


def test_a_file_that_both_share_is_left_alone(tmp_path: Path) -> None:
    for name in ("1", "new"):
        (tmp_path / name / "0").mkdir(parents=True)
    shared = tmp_path / "1" / "0" / "0"
    shared.write_bytes(b"both")
    shared.chmod(0o600)
    (tmp_path / "1" / "0" / "1").write_bytes(b"")
    (tmp_path / "new" / "0" / "1").hardlink_to(shared)
    keep_access(tmp_path / "1", tmp_path / "new")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600


def test_extended_attributes(well: Path) -> None:
    image = well / "1"
    try:
        os.setxattr(image, "user.project", b"cycles")
        os.setxattr(image / "0", "user.project", b"level")
    except OSError as error:
        pytest.skip(f"this file system has none: {error}")
    register(image)
    assert os.getxattr(image, "user.project") == b"cycles"
    assert os.getxattr(image / "0", "user.project") == b"level"


def test_attributes_that_cannot_be_given_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "new"):
        (tmp_path / name / "0").mkdir(parents=True)
        (tmp_path / name / "zarr.json").write_text("{}")
    monkeypatch.setattr(os, "listxattr", lambda path: ["user.x"] if "/1" in str(path) else [])
    monkeypatch.setattr(os, "getxattr", lambda *_: b"x")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(os, "setxattr", refuse)
    (message,) = keep_access(tmp_path / "1", tmp_path / "new")
    assert "could not keep attribute user.x" in message


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_an_error(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "chmod", fail)
    with pytest.raises(OSError, match=os.strerror(code)):
        give_access(tmp_path, read_access(tmp_path)._replace(mode=0o711))


def test_a_person_and_a_group_that_nobody_knows_have_numbers(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, LEA, LAB)
        assert describe_access(tmp_path).startswith(f"{LEA}:{LAB} drwx")
    assert "looked at" in describe_access(tmp_path / "missing")


@needs_other_people()
class TestSeveralPeople:
    def test_an_administrator_keeps_owner_and_group(self, well: Path) -> None:
        give_to(LEA, well.parents[1])
        with usual_umask():
            register(well / "1", overwrite_input=False)
            register(well / "1")
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in [well, *well.rglob("*")]}
        assert owners == {(LEA, LAB)}

    def test_a_colleague_keeps_the_group_and_is_told_of_the_owner_once(self, well: Path) -> None:
        give_to(LEA, well.parents[1])
        open_to_all(well)
        messages = done_by(NOOR, run_image, Run(well / "1"))
        (message,) = [text for text in messages if "could not keep" in text]
        assert f"owner {LEA}" in message
        assert "group" not in message
        new = [well / "1", *(well / "1").rglob("*")]
        assert {path.stat().st_gid for path in new} == {LAB}
        assert {stat.S_IMODE(path.stat().st_mode) for path in new} == {0o2775, 0o664}

    def test_no_other_group_gets_what_was_the_labs(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"")
        os.chown(path, NOOR, NOOR)
        open_to_all(path)
        wanted = Access(NOOR, ELSEWHERE, 0o2664, {})
        lost = done_by(NOOR, give_access, path, wanted)
        assert lost == {f"group {ELSEWHERE}"}
        assert (path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (NOOR, 0o644)

    def test_the_well_that_lists_a_result_stays_the_labs(self, well: Path) -> None:
        give_to(LEA, well.parents[1])
        open_to_all(well)
        done_by(NOOR, list_image, well, "2", 1)
        name = "zarr.json" if (well / "zarr.json").exists() else ".zattrs"
        state = (well / name).stat()
        assert (state.st_gid, stat.S_IMODE(state.st_mode)) == (LAB, 0o664)

    @pytest.mark.parametrize("inside", ["1", "1/labels", "1/tables/features", "1/0"])
    def test_a_folder_that_cannot_be_emptied_is_refused_before_anything_is_written(
        self, well: Path, inside: str
    ) -> None:
        give_to(LEA, well.parents[1])
        (well / inside).chmod(0o2755)
        open_to_all(well)
        before = modes_of(well)
        with pytest.raises(InvalidInputError, match="cannot be replaced") as caught:
            done_by(NOOR, run_image, Run(well / "1"))
        assert str(well / inside) in str(caught.value)
        assert f"{LEA}:{LAB} drwxr-sr-x" in str(caught.value)
        assert modes_of(well) == before
        # It can be registered beside, for which nothing needs to be removed.
        done_by(NOOR, run_image, Run(well / "1", overwrite_input=False))

    def test_in_a_sticky_folder_each_removes_their_own(self, well: Path) -> None:
        give_to(LEA, well.parents[1])
        (well / "1" / "tables").chmod(0o3775)
        open_to_all(well)
        with pytest.raises(InvalidInputError, match="may not remove") as caught:
            done_by(NOOR, run_image, Run(well / "1"))
        assert str(well / "1" / "tables") in str(caught.value)
        done_by(LEA, run_image, Run(well / "1"))

    def test_an_empty_folder_of_a_colleague_is_no_hindrance(self, well: Path) -> None:
        give_to(LEA, well.parents[1])
        (well / "1" / "empty").mkdir(mode=0o755)
        os.chown(well / "1" / "empty", LEA, LAB)
        open_to_all(well)
        done_by(NOOR, run_image, Run(well / "1"))
