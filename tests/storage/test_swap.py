"""The swap: always an image at its path, everything on disk first, and safe to try again."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zarr

from tasks.plan.errors import InvalidInputError, VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage import durable, exchange, swap
from tasks.storage.hidden import HiddenFolders, hidden_folders
from tasks.storage.provenance import is_result
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.storage.steps import finish, leftovers, stage
from tests.trees import digest_tree


@pytest.fixture
def swap_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "two renames":
        monkeypatch.setattr(exchange, "_renameat2", lambda *_: errno.EINVAL)
    return str(request.param)


def folders(plan: RegistrationPlan) -> HiddenFolders:
    return hidden_folders(plan.output_path.parent, plan.output_name)


@pytest.fixture
def staged_plan(well: Path) -> RegistrationPlan:
    """Return a plan whose staged image is complete; its pixels are those of the source."""
    plan = make_plan(well)
    stage(plan, plan.image_path)
    return plan


def fail_once(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, when: Callable[..., bool]
) -> None:
    """Let the first call that matches raise EIO instead."""
    call = getattr(owner, name)
    failed: list[bool] = []

    def broken(*args: object, **kwargs: object) -> object:
        if not failed and when(*args):
            failed.append(True)
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(args[0]))
        return call(*args, **kwargs)

    monkeypatch.setattr(owner, name, broken)


@pytest.mark.parametrize("swap_by", ["exchange", "two renames"], indirect=True)
class TestSwapping:
    def test_the_new_image_is_in_place_and_nothing_else(
        self, staged_plan: RegistrationPlan, swap_by: str
    ) -> None:
        new = digest_tree(folders(staged_plan).staging)
        assert finish(staged_plan) == ()
        assert digest_tree(staged_plan.output_path) == new, swap_by
        assert leftovers(staged_plan.output_path.parent) == []

    def test_it_can_be_called_again(self, staged_plan: RegistrationPlan, swap_by: str) -> None:
        finish(staged_plan)
        new = digest_tree(staged_plan.output_path)
        assert finish(staged_plan) == ()
        assert digest_tree(staged_plan.output_path) == new, swap_by

    def test_an_error_after_the_swap_does_not_swap_back(
        self, staged_plan: RegistrationPlan, swap_by: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = digest_tree(folders(staged_plan).staging)
        fail_once(monkeypatch, swap, "flush_folder", lambda _: is_result(staged_plan))
        with pytest.raises(OSError, match="Input/output"):
            finish(staged_plan)
        finish(staged_plan)
        assert digest_tree(staged_plan.output_path) == new, swap_by
        assert leftovers(staged_plan.output_path.parent) == []

    def test_what_cannot_be_removed_is_told(
        self, staged_plan: RegistrationPlan, swap_by: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = digest_tree(folders(staged_plan).staging)
        old = folders(staged_plan).discarded
        fail_once(monkeypatch, os, "rmdir", lambda path: path == old and is_result(staged_plan))
        (message,) = finish(staged_plan)
        assert str(old) in message, swap_by
        assert digest_tree(staged_plan.output_path) == new

    def test_a_rejected_image_of_before_is_removed(
        self, staged_plan: RegistrationPlan, swap_by: str
    ) -> None:
        folders(staged_plan).rejected.mkdir()
        finish(staged_plan)
        assert leftovers(staged_plan.output_path.parent) == [], swap_by


def test_a_reader_sees_an_image_at_every_moment(staged_plan: RegistrationPlan) -> None:
    output = staged_plan.output_path
    first, second = folders(staged_plan).staging, output
    gaps: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            if not output.is_dir():
                gaps.append("gap")

    reader = threading.Thread(target=look)
    reader.start()
    able = [exchange.exchange(first, second) for _ in range(500)]
    done.set()
    reader.join()
    assert all(able)
    assert gaps == []


def test_everything_is_on_disk_before_its_name_changes(
    staged_plan: RegistrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    flush, rename = durable._flush, Path.rename

    def note_flush(descriptor: int, path: Path) -> None:
        steps.append(str(path))
        flush(descriptor, path)

    def note_rename(path: Path, target: Path) -> Path:
        steps.append("renamed")
        return rename(path, target)

    staged = folders(staged_plan).staging
    everything = {str(path) for path in [staged, *staged.rglob("*")]}
    monkeypatch.setattr(durable, "_flush", note_flush)
    monkeypatch.setattr(Path, "rename", note_rename)
    finish(staged_plan)
    first = steps.index("renamed")
    assert set(steps[:first]) == everything
    # The well's own entries follow: after the first rename, and after the exchange. The last
    # rename is that of the original, which is then removed.
    assert steps[first + 1 :] == [*[str(staged.parent)] * 2, "renamed"]


def test_data_that_the_disk_did_not_take_is_not_published_by_trying_again(
    staged_plan: RegistrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest_tree(staged_plan.image_path)
    fail_once(monkeypatch, os, "fsync", lambda _: True)
    with pytest.raises(OSError, match="cannot bring to disk") as caught:
        finish(staged_plan)
    assert caught.value.errno == errno.EIO
    assert caught.value.filename
    with pytest.raises(VerificationError, match="no staged image"):
        finish(staged_plan)
    assert digest_tree(staged_plan.image_path) == before
    assert leftovers(staged_plan.image_path.parent) == []


@pytest.mark.parametrize("swap_by", ["two renames"], indirect=True)
def test_an_empty_group_made_in_the_gap_gives_way(
    staged_plan: RegistrationPlan, swap_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = digest_tree(folders(staged_plan).staging)
    output, rename = staged_plan.output_path, Path.rename

    def read_in_the_gap(path: Path, target: Path) -> Path:
        moved = rename(path, target)
        if path == output:
            # What ngio does when it is asked for an image that is not there.
            zarr.open_group(output, mode="a", zarr_format=staged_plan.zarr_format)
        return moved

    monkeypatch.setattr(Path, "rename", read_in_the_gap)
    finish(staged_plan)
    assert digest_tree(output) == new, swap_by


def test_something_else_in_the_place_is_left_alone(beside: RegistrationPlan) -> None:
    stage(beside, beside.image_path)
    beside.output_path.mkdir()
    (beside.output_path / "thesis.txt").write_text("the only copy")
    with pytest.raises(InvalidInputError, match="is not an image"):
        finish(beside)
    assert (beside.output_path / "thesis.txt").read_text() == "the only copy"


def test_nothing_to_publish(plan: RegistrationPlan) -> None:
    with pytest.raises(VerificationError, match="no staged image"):
        finish(plan)


@pytest.mark.parametrize("name", ["plate with spaces", "Zellkörper 核"])
def test_names_with_spaces_and_unicode(well: Path, name: str) -> None:
    plate = well.parent.parent
    renamed = plate.rename(plate.with_name(f"{name}.zarr"))
    plan = register(renamed / "A" / "01" / "1")
    assert is_result(plan)
    assert leftovers(renamed / "A" / "01") == []


def test_a_plate_behind_a_link(well: Path, tmp_path: Path) -> None:
    (tmp_path / "link.zarr").symlink_to(well.parent.parent)
    plan = register(tmp_path / "link.zarr" / "A" / "01" / "1")
    assert is_result(plan)
    assert (tmp_path / "link.zarr").is_symlink()


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.EXDEV, errno.EBUSY])
def test_an_exchange_that_fails_is_an_error_and_no_second_way(
    staged_plan: RegistrationPlan, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest_tree(staged_plan.image_path)
    monkeypatch.setattr(exchange, "_renameat2", lambda *_: code)
    with pytest.raises(OSError, match=os.strerror(code)):
        finish(staged_plan)
    assert digest_tree(staged_plan.image_path) == before
