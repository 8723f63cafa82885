"""What appears or changes in an image while it is registered is seen, named and kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.plan.errors import ChangedMeanwhileError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage import durable, removal
from tasks.storage.hidden import hidden_folders
from tasks.storage.inventory import refuse_changes
from tasks.storage.locks import own_well
from tasks.storage.swap import clean_up, make_ready, publish
from tests.plate_tables import write_regions
from tests.storage.conftest import make_plan
from tests.storage.steps import finish, leftovers, stage, swapping_by
from tests.trees import digest_tree


@pytest.fixture
def ngff_version() -> str:
    """Return one: names of files are names."""
    return "0.4"


def another_table(image: Path) -> None:
    write_regions(image, "written meanwhile", {"FOV_1": {}})


def an_unlisted_table(image: Path) -> None:
    shutil.copytree(image / "tables" / "features", image / "tables" / "copied")


def another_label(image: Path) -> None:
    shutil.copytree(image / "labels" / "nuclei", image / "labels" / "cells")


def edit(name: str) -> Callable[[Path], None]:
    def change(image: Path) -> None:
        path = image / name
        content = path.read_bytes()
        # As long as before: only the time says it.
        path.write_bytes(content if content.startswith(b"{") else content[::-1])
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))

    return change


def add(name: str) -> Callable[[Path], None]:
    def change(image: Path) -> None:
        (image / name).parent.mkdir(exist_ok=True)
        (image / name).write_text("new")

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda image: shutil.rmtree(image / name)


SEEN = {
    "a table": (another_table, "tables/written meanwhile (new)"),
    "a table that is not listed": (an_unlisted_table, "tables/copied (new)"),
    "a row of a table": (edit("tables/features/table.csv"), "tables/features (changed)"),
    "a table that goes": (remove("tables/features"), "tables/features (gone)"),
    "a label": (another_label, "labels/cells (new)"),
    "the image's attributes": (edit(".zattrs"), ".zattrs (changed)"),
    "a label's attributes": (edit("labels/nuclei/.zattrs"), "labels/nuclei (changed)"),
    "a level's metadata": (edit("0/.zarray"), "0 (changed)"),
    "a group": (add("another/.zgroup"), "another (new)"),
    "a file": (add("notes.txt"), "notes.txt (new)"),
    "a file in a folder": (add("OME/more.xml"), "OME (changed)"),
    "an empty folder": (lambda image: (image / "empty").mkdir(), "empty (new)"),
    "a link": (lambda image: (image / "link").symlink_to("0"), "link (new)"),
}

CHUNKS = {
    "pixels": (edit("0/0/0"), "0 (changed)"),
    "a chunk": (add("0/0/7"), "0 (changed)"),
    "a label's pixels": (edit("labels/nuclei/0/0/0"), "labels/nuclei/0 (changed)"),
}

NOT_SEEN = {
    "nothing": lambda _: None,
    "somebody looked": add(".DS_Store"),
    "somebody looked there": add("0/._0"),
    "a server's name for an open file": add("tables/.nfs0001"),
    "what our own runs make for a time": add("tables/.x.plate-registration.table-new/a"),
    "a mode": lambda image: (image / "0").chmod(0o700),
}


@pytest.mark.parametrize(
    ("change", "told"), [*SEEN.values(), *CHUNKS.values()], ids=[*SEEN, *CHUNKS]
)
def test_what_has_changed_is_named(
    plan: RegistrationPlan, change: Callable[[Path], None], told: str
) -> None:
    change(plan.image_path)
    with pytest.raises(ChangedMeanwhileError) as caught:
        refuse_changes(plan, chunks=True)
    assert told in str(caught.value)
    assert str(plan.image_path) in str(caught.value)


@pytest.mark.parametrize("change", NOT_SEEN.values(), ids=NOT_SEEN)
def test_what_does_not_count(plan: RegistrationPlan, change: Callable[[Path], None]) -> None:
    change(plan.image_path)
    refuse_changes(plan, chunks=True)


@pytest.mark.parametrize(("change", "told"), SEEN.values(), ids=SEEN)
def test_it_is_looked_at_once_more_just_before_the_swap(
    plan: RegistrationPlan, change: Callable[[Path], None], told: str
) -> None:
    stage(plan, plan.image_path)
    make_ready(plan)
    change(plan.image_path)
    before = digest_tree(plan.image_path)
    with (
        own_well(plan.image_path.parent, timeout=0),
        pytest.raises(ChangedMeanwhileError) as caught,
    ):
        publish(plan)
    assert told in str(caught.value)
    assert digest_tree(plan.image_path) == before


def test_chunks_are_looked_at_before_the_well_is_owned(plan: RegistrationPlan) -> None:
    stage(plan, plan.image_path)
    edit("0/0/0")(plan.image_path)
    with pytest.raises(ChangedMeanwhileError, match=r"0 \(changed\)"):
        make_ready(plan)


@pytest.mark.parametrize(
    ("change", "told"), [SEEN["a table"], SEEN["a label"]], ids=["table", "label"]
)
def test_what_was_added_to_an_earlier_result_is_not_replaced(
    well: Path, change: Callable[[Path], None], told: str
) -> None:
    finish_beside(well)
    plan = make_plan(well, overwrite_input=False, register_labels=False)
    stage(plan, plan.image_path)
    change(plan.output_path)
    before = digest_tree(plan.output_path)
    with pytest.raises(ChangedMeanwhileError) as caught:
        finish(plan)
    assert told in str(caught.value)
    assert str(plan.output_path) in str(caught.value)
    assert digest_tree(plan.output_path) == before


def finish_beside(well: Path) -> None:
    plan = make_plan(well, overwrite_input=False)
    stage(plan, plan.image_path)
    finish(plan)


def test_an_image_that_has_come_to_the_place_of_the_result_is_kept(
    beside: RegistrationPlan,
) -> None:
    stage(beside, beside.image_path)
    shutil.copytree(beside.reference_path, beside.output_path)
    before = digest_tree(beside.output_path)
    with pytest.raises(ChangedMeanwhileError, match="was not there"):
        finish(beside)
    assert digest_tree(beside.output_path) == before


@pytest.mark.parametrize("swap", ["exchange", "two renames"])
def test_the_well_is_owned_for_names_only(
    plan: RegistrationPlan, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Count flushes and removals: each takes long on a slow disk, and others wait meanwhile."""
    stage(plan, plan.image_path)
    done: list[str] = []
    flush, run_all = durable._flush, removal.run_all
    monkeypatch.setattr(durable, "_flush", lambda *args: (done.append("flush"), flush(*args)))
    monkeypatch.setattr(removal, "run_all", lambda *args: (done.append("remove"), run_all(*args)))
    with swapping_by(swap):
        make_ready(plan)
        before = done.copy()
        done.clear()
        with own_well(plan.image_path.parent, timeout=0):
            publish(plan)
        owned = done.copy()
        done.clear()
        clean_up(plan)
    files = sum(path.is_file() for path in plan.output_path.rglob("*"))
    assert before.count("flush") > files
    # The well's own entries, after each of two names has changed.
    assert owned == ["flush", "flush"]
    assert done == ["remove"]


def test_a_folder_of_somebody_else_is_never_touched(well: Path) -> None:
    for kind in ("staging", "verified", "replaced", "rejected"):
        (well / f".1.{kind}").mkdir()
        (well / f".1.{kind}" / "thesis.txt").write_text("the only copy")
    before = {path: d for path, d in digest_tree(well).items() if path.startswith(".1.")}
    plan = make_plan(well)
    stage(plan, plan.image_path)
    finish(plan)
    assert {path: d for path, d in digest_tree(well).items() if path.startswith(".1.")} == before
    assert leftovers(well) == []
    assert not hidden_folders(well, "1").discarded.exists()
