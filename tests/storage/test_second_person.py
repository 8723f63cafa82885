"""Two people of one lab work on one plate, one after the other and at the same time."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate, repair_plate
from tasks.estimate.put_table import put_table, style_of
from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.storage.hidden import hidden_folders
from tasks.storage.locks import own_image
from tasks.storage.recover import recover_image, recover_well
from tasks.survey.listed_tables import read_table
from tests.people import LAB, LEA, NOOR, done_by, give_to, needs_other_people, open_to_all
from tests.runs import Run, run_image
from tests.storage.steps import leftovers
from tests.trees import digest_tree

pytestmark = needs_other_people()


@pytest.fixture
def ngff_version() -> str:
    """Return one: files are files."""
    return "0.4"


@pytest.fixture
def shared(well: Path) -> Path:
    """Return a well of Lea's, in which the lab may write, whose umask lets nobody."""
    give_to(LEA, well.parents[1])
    open_to_all(well)
    return well


def write_table(image: Path, note: str) -> tuple[str, ...]:
    like = read_table(image, "registered")
    style = style_of(image, like)
    frame = like.content.dataframe.assign(note=note)
    return put_table(image, "written", frame, style, record={"note": note})


def test_one_writes_tables_and_the_other_goes_on(shared: Path) -> None:
    assert done_by(LEA, write_table, shared / "1", "Lea's") == ()
    states = [path.stat() for path in [*(shared / "1" / "tables").rglob("*")]]
    assert {stat.S_IMODE(state.st_mode) for state in states} == {0o2775, 0o664}
    assert {state.st_gid for state in states} == {LAB}
    (message,) = done_by(NOOR, write_table, shared / "1", "Noor's")
    assert f"could not keep owner {LEA}" in message
    done_by(NOOR, run_image, Run(shared / "1"))
    done_by(LEA, run_image, Run(shared / "0"))
    assert leftovers(shared) == []
    assert not (shared / ".plate-registration").exists()
    assert examine_plate(shared.parents[1]) == ()


def test_a_table_that_cannot_be_replaced_is_refused_by_name(shared: Path) -> None:
    done_by(LEA, write_table, shared / "1", "Lea's")
    table = shared / "1" / "tables" / "written"
    table.chmod(0o2755)
    before = digest_tree(shared)
    with pytest.raises(InvalidInputError, match="cannot be replaced") as caught:
        done_by(NOOR, write_table, shared / "1", "Noor's")
    assert str(table) in str(caught.value)
    assert digest_tree(shared) == before


def test_they_wait_for_each_other(shared: Path) -> None:
    with own_image(shared, "1", timeout=0), pytest.raises(LockHeldError, match=f"{os.getpid()}"):
        done_by(NOOR, run_image, Run(shared / "1", lock_timeout=0))


def leave(shared: Path, kind: str) -> Path:
    """Leave what a run of Lea's leaves that is killed, in folders that she alone may empty."""
    folder = Path(getattr(hidden_folders(shared, "1"), kind))
    shutil.copytree(shared / "0", folder)
    give_to(LEA, folder, folders=0o2755, files=0o644)
    return folder


@pytest.mark.parametrize("kind", ["staging", "verified", "replaced", "discarded"])
def test_what_a_colleague_left_stops_no_run_and_is_told(shared: Path, kind: str) -> None:
    leave(shared, kind)
    messages = done_by(NOOR, run_image, Run(shared / "1"))
    discarded = hidden_folders(shared, "1").discarded
    (told,) = [text for text in messages if str(discarded) in text]
    assert "It stops no run" in told
    assert f"{LEA}:{LAB} drwxr-sr-x" in told
    # Nor the next one, nor another image's, nor the doctor; and Lea's own run removes it.
    done_by(NOOR, run_image, Run(shared / "1", redo=True))
    done_by(NOOR, run_image, Run(shared / "0"))
    assert "could not be removed" in done_by(NOOR, repair_plate, shared.parents[1])[0]
    assert leftovers(shared) == [discarded.name]
    assert any("removed it" in text for text in done_by(LEA, recover_well, shared))
    assert leftovers(shared) == []


def test_half_done_swaps_of_a_colleague_are_finished(shared: Path) -> None:
    hidden = hidden_folders(shared, "1")
    new = digest_tree(shared / "0")
    (shared / "1").rename(hidden.replaced)
    shutil.copytree(shared / "0", hidden.verified)
    give_to(LEA, hidden.replaced, folders=0o2755, files=0o644)
    messages = done_by(NOOR, recover_image, shared, "1")
    assert "finished the swap" in messages[0]
    assert digest_tree(shared / "1") == new
    assert "could not be removed" in messages[1]


@pytest.mark.parametrize(
    ("closed", "why"),
    [("", "the well is Lea's alone"), (".plate-registration", "an earlier version's locks are")],
)
def test_a_folder_that_the_lab_may_not_write_in_is_told_with_its_owner(
    shared: Path, closed: str, why: str
) -> None:
    if closed:
        (shared / closed).mkdir()
        os.chown(shared / closed, LEA, LAB)
    (shared / closed).chmod(0o2755)
    with pytest.raises(InvalidInputError, match="cannot write in") as caught:
        done_by(NOOR, run_image, Run(shared / "1"))
    assert f"{shared / closed} ({LEA}:{LAB} drwxr-sr-x)" in str(caught.value), why


def test_locks_that_an_earlier_version_left_are_no_hindrance_and_go(shared: Path) -> None:
    folder = shared / ".plate-registration"
    folder.mkdir()
    for name in ("well.lock", "1.image.lock", "0.image.lock", "1.image.holder.json"):
        (folder / name).write_bytes(b"")
    give_to(LEA, folder, files=0o644)
    done_by(NOOR, run_image, Run(shared / "1"))
    assert not folder.exists()
