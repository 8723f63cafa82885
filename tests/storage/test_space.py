"""No room or no permission is told before anything is written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage import space
from tasks.storage.hidden import hidden_folders
from tasks.storage.space import (
    check_free_space,
    check_writable,
    needed_bytes,
    refusals_to_come,
)
from tests.storage.steps import leftovers
from tests.trees import digest_tree


def test_needed_is_more_than_the_source_has(plan: RegistrationPlan) -> None:
    files = [path for path in plan.image_path.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    (plan.image_path / "big").write_bytes(bytes(10**6))
    assert needed_bytes(plan) > 1.1 * (size + 10**6)
    assert needed_bytes(plan) < 1.2 * (size + 10**6) + 2 * 16 * 1024**2


@pytest.mark.parametrize("blocks_too_few", [1, 0])
def test_free_space(
    plan: RegistrationPlan, blocks_too_few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = -(-needed_bytes(plan) // 512) - blocks_too_few
    state = SimpleNamespace(f_bavail=blocks, f_bfree=10**9, f_frsize=512)
    monkeypatch.setattr(space.os, "statvfs", lambda _: state)
    if not blocks_too_few:
        check_free_space(plan)
        return
    with pytest.raises(OSError, match="no room for the new image") as caught:
        check_free_space(plan)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(plan.image_path.parent)


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        pytest.param("", "no room for the new image", id="no room"),
        pytest.param("A/01", "cannot write in", id="a well"),
        pytest.param("A/01/1/labels", "remove what is in", id="a folder in the image"),
    ],
)
def test_what_will_be_refused_is_known_without_a_touch(
    plan: RegistrationPlan, monkeypatch: pytest.MonkeyPatch, closed: str, told: str
) -> None:
    assert refusals_to_come(plan) == ()
    before = digest_tree(plan.image_path.parent)
    folder = plan.image_path.parents[2] / closed
    if closed:
        monkeypatch.setattr(os, "access", lambda path, *_, **__: Path(path) != folder)
    else:
        state = SimpleNamespace(f_bavail=1, f_bfree=10**9, f_frsize=512)
        monkeypatch.setattr(space.os, "statvfs", lambda _: state)
    (reason,) = refusals_to_come(plan)
    assert told in reason
    assert str(folder if closed else plan.image_path.parent) in reason
    assert digest_tree(plan.image_path.parent) == before


def test_a_writable_well_stays_as_it_is(plan: RegistrationPlan) -> None:
    names = sorted(path.name for path in plan.image_path.parent.iterdir())
    check_writable(plan)
    assert sorted(path.name for path in plan.image_path.parent.iterdir()) == names


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_read_only_folder(
    plan: RegistrationPlan, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(InvalidInputError, match="cannot write in") as caught:
        check_writable(plan)
    assert str(plan.image_path.parent) in str(caught.value)
    assert os.strerror(code) in str(caught.value)


def test_another_error_keeps_its_cause(
    plan: RegistrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    monkeypatch.setattr(os, "mkdir", fail)
    with pytest.raises(OSError, match="Stale"):
        check_writable(plan)


@pytest.mark.parametrize("kind", ["verified", "replaced"])
def test_a_name_that_is_taken_by_what_cannot_be_removed(plan: RegistrationPlan, kind: str) -> None:
    taken = getattr(hidden_folders(plan.image_path.parent, "1"), kind)
    taken.mkdir()
    with pytest.raises(InvalidInputError, match="it is in the way") as caught:
        check_writable(plan)
    assert str(taken) in str(caught.value)


def test_a_link_in_the_place_of_the_result(beside: RegistrationPlan, tmp_path: Path) -> None:
    beside.output_path.symlink_to(tmp_path)
    with pytest.raises(InvalidInputError, match="symbolic link"):
        check_writable(beside)
    assert leftovers(beside.image_path.parent) == []
