"""One owner at a time, in real processes and threads; the dead do not block."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import threading
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.hidden import LOCK_FOLDER
from tasks.storage.locks import forget_ended, own_image, own_well
from tests.runs import Run, run_image
from tests.storage.holders import Holder


def test_a_held_image_names_its_holder(well: Path) -> None:
    holder = Holder(well, "1")
    with pytest.raises(LockHeldError) as caught, own_image(well, "1", timeout=0.1):
        pass
    holder.let_go()
    message = str(caught.value)
    assert f"process {holder.pid} on {socket.gethostname()} since 20" in message
    assert str(well) in message
    assert "'1'" in message


@pytest.mark.parametrize(
    ("held", "wanted", "why"),
    [
        ("1", "1_registered", "the result of one is the input of the other"),
        ("1_registered", "1", "the same the other way round"),
    ],
)
def test_runs_that_write_one_name_exclude_each_other(
    well: Path, held: str, wanted: str, why: str
) -> None:
    with (
        own_image(well, held, timeout=0),
        pytest.raises(LockHeldError),
        own_image(well, wanted, timeout=0),
    ):
        pytest.fail(why)


@pytest.mark.parametrize(
    "image", ["0", "well", "10", "1_illum"], ids=["other", "well", "longer", "suffix"]
)
def test_other_images_and_the_well_are_free(well: Path, image: str) -> None:
    with (
        own_image(well, "1", timeout=0),
        own_image(well, image, timeout=0),
        own_well(well, timeout=0),
    ):
        pass


def test_the_well_has_one_owner(well: Path) -> None:
    holder = Holder(well)
    with pytest.raises(LockHeldError, match=f"process {holder.pid} "), own_well(well, timeout=0):
        pass
    holder.let_go()
    with own_well(well, timeout=0):
        pass


def test_a_killed_holder_does_not_block(well: Path) -> None:
    holder = Holder(well, "1")
    holder.kill()
    with own_image(well, "1", timeout=0):
        pass


def test_waiting_ends_when_the_holder_does(well: Path) -> None:
    holder = Holder(well, "1")
    threading.Timer(0.3, holder.let_go).start()
    with own_image(well, "1", timeout=30):
        pass


def test_threads_exclude_each_other(well: Path) -> None:
    errors: list[BaseException] = []

    def take() -> None:
        try:
            with own_image(well, "1", timeout=0):
                pass
        except LockHeldError as error:
            errors.append(error)

    with own_image(well, "1", timeout=0):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert f"process {os.getpid()} " in str(errors[0])


def test_a_folder_that_is_no_well_gets_no_lock_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="well"), own_image(tmp_path, "1", timeout=0):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_read_only_well_is_a_clear_error(
    well: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    with (
        pytest.raises(InvalidInputError, match="cannot write in") as caught,
        own_image(well, "1", timeout=0),
    ):
        pass
    assert str(well) in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_holder_that_has_not_said_who_it_is(well: Path) -> None:
    holder = Holder(well, "1")
    (well / ".plate-registration" / "1.image.lock").write_text('{"host": "mic')
    with pytest.raises(LockHeldError, match="another run"), own_image(well, "1", timeout=0):
        pass
    holder.let_go()


def test_nothing_stays_after_a_run_that_was_refused(well: Path) -> None:
    shutil.rmtree(well / "1" / "tables")
    before = sorted(well.rglob("*"))
    with pytest.raises(InvalidInputError):
        run_image(Run(well / "1"))
    assert sorted(well.rglob("*")) == before


def test_what_a_killed_holder_left_goes_with_the_next_run(well: Path) -> None:
    holder = Holder(well, "1")
    holder.kill()
    other = Holder(well, "0")
    assert {path.name for path in (well / LOCK_FOLDER).iterdir()} > {"1.image.lock"}
    forget_ended(well)
    # What another run holds stays held.
    assert not (well / LOCK_FOLDER / "1.image.lock").exists()
    with pytest.raises(LockHeldError), own_image(well, "0", timeout=0):
        pass
    other.let_go()
    assert not (well / LOCK_FOLDER).exists()
