"""Break the writing of an ROI table at every file-system call: the old table is there, or the new.

It is the real writing of the real tasks, through ngio, that is broken.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate, repair_plate
from tasks.estimate.put_table import put_table, style_of
from tasks.storage.hidden import LOCK_FOLDER, MARK
from tasks.storage.locks import own_well
from tasks.storage.recover import recover_well
from tasks.survey.listed_tables import list_tables, read_table
from tasks.survey.table_record import was_made_from
from tests.forks import forks
from tests.plate_tables import Backend, write_regions
from tests.plates import NgffVersion, make_plate
from tests.storage.faults import Fault, FaultKind, broken_at
from tests.storage.slow_writes import LATE, fail_one_and_delay_others
from tests.storage.steps import swapping_by
from tests.trees import digest_tree

SOURCE, TABLE = "FOV_ROI_table", "written"
BOXES = {"FOV_1": {"y": (0.0, 8.0)}, "FOV_2": {"y": (8.0, 8.0)}}

VARIANTS: dict[str, tuple[NgffVersion, Backend, str, bool]] = {
    "first": ("0.4", "csv", "exchange", False),
    "replaced by exchange": ("0.4", "csv", "exchange", True),
    "replaced by two renames": ("0.5", "csv", "two renames", True),
}
if "PLATE_REGISTRATION_EVERY_FAULT" in os.environ:
    # Hundreds of calls, which take minutes.
    VARIANTS["replaced, with many files"] = ("0.4", "anndata", "two renames", True)


def write(swap: str, image: Path, record: str, fault: Fault | None = None) -> tuple[str, ...]:
    """Write the table as the tasks do that estimate and that find the consensus."""
    like = read_table(image, SOURCE)
    style = style_of(image, like)
    frame = like.content.dataframe.copy()
    frame["made"] = [record] * len(frame)
    with swapping_by(swap):
        if fault is None:
            return put_table(image, TABLE, frame, style, record={"made": record})
        with broken_at(fault):
            return put_table(image, TABLE, frame, style, record={"made": record})


def die(swap: str, image: Path, number: int) -> None:
    write(swap, image, "new", Fault(image, number, "kill"))


class Scene:
    """An image to break, and its table before and after an undisturbed run."""

    def __init__(self, folder: Path, variant: tuple[NgffVersion, Backend, str, bool]) -> None:
        version, backend, self.swap, is_there = variant
        self.folder = folder
        plate = make_plate(
            folder / "prepared.zarr",
            shape=(1, 1, 16, 16),
            labels=(),
            levels=1,
            ngff_version=version,
        )
        self.prepared = plate
        image = plate / "A" / "01" / "1"
        for each in (plate / "A" / "01" / "0", image):
            write_regions(each, SOURCE, BOXES, backend=backend)
        if is_there:
            write(self.swap, image, "old")
        self.listed = list_tables(image)
        self.old = digest_tree(image / "tables" / TABLE)
        finished = self.fresh()
        write(self.swap, finished, "new")
        self.new = digest_tree(finished / "tables" / TABLE)
        assert self.old != self.new

    def fresh(self) -> Path:
        plate = self.folder / "broken.zarr"
        shutil.rmtree(plate, ignore_errors=True)
        return Path(shutil.copytree(self.prepared, plate)) / "A" / "01" / "1"

    def calls(self, *, reading: bool = False) -> list[str]:
        image = self.fresh()
        fault = Fault(image, 0, "count", reading=reading)
        write(self.swap, image, "new", fault)
        assert len(fault.calls) > 10
        return fault.calls


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene(tmp_path, request.param)


def leftovers(image: Path) -> list[str]:
    return sorted(
        path.name
        for path in (image / "tables").iterdir()
        if path.name.startswith(".") and path.name not in {".zgroup", ".zattrs"}
    )


def assert_old_or_new(scene: Scene, image: Path, *, gap: bool) -> None:
    found = digest_tree(image / "tables" / TABLE)
    assert found in [scene.old, scene.new, *([{}] if gap else [])]
    assert list_tables(image) in {scene.listed, (SOURCE, TABLE)}


def assert_next_run_recovers(scene: Scene, image: Path) -> None:
    recover_well(image.parent)
    assert_old_or_new(scene, image, gap=False)
    assert leftovers(image) in ([], [f".attributes{MARK}new"])
    # What the tasks ask before they write.
    if not was_made_from(image, TABLE, "made", "new"):
        write(scene.swap, image, "new")
    assert digest_tree(image / "tables" / TABLE) == scene.new
    assert list_tables(image) == (SOURCE, TABLE)
    assert leftovers(image) == []


@pytest.mark.parametrize("scene", VARIANTS.values(), ids=VARIANTS.keys(), indirect=True)
def test_killed_at_every_call(scene: Scene) -> None:
    for number, call in enumerate(scene.calls(), start=1):
        if call.startswith("fsync"):
            # A process killed before a flush leaves what one killed after it leaves.
            continue
        image = scene.fresh()
        child = forks.Process(target=die, args=(scene.swap, image, number))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL, f"call {number} was not reached: {call}"
        assert_old_or_new(scene, image, gap=scene.swap == "two renames")
        assert_next_run_recovers(scene, image)


@pytest.mark.parametrize("kind", ["error", "errors from then on", "error after the call"])
@pytest.mark.parametrize("scene", VARIANTS.values(), ids=VARIANTS.keys(), indirect=True)
def test_error_at_every_call(scene: Scene, kind: FaultKind) -> None:
    for number in range(1, len(scene.calls()) + 1):
        image = scene.fresh()
        fault = Fault(image, number, kind, errno=errno.ENOSPC)
        try:
            messages = write(scene.swap, image, "new", fault)
        except OSError:
            pass
        else:
            # zarr makes a folder that it could not make once more. And a table that is in place is
            # there, whatever cannot be removed.
            assert digest_tree(image / "tables" / TABLE) == scene.new
            assert kind != "errors from then on" or "could not be removed" in messages[0]
        # Where undoing fails too, the table is left to the next run.
        gap = scene.swap == "two renames" and kind != "error"
        assert_old_or_new(scene, image, gap=gap)
        assert_next_run_recovers(scene, image)


@pytest.mark.parametrize("scene", [VARIANTS["first"]], indirect=True)
def test_nothing_comes_back_that_zarr_writes_after_one_file_has_failed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = scene.fresh()
    fail_one_and_delay_others(monkeypatch, ".zgroup")
    with pytest.raises(OSError, match="No space left"):
        write(scene.swap, image, "new")
    time.sleep(2 * LATE)
    assert leftovers(image) == []


@pytest.mark.parametrize("scene", [VARIANTS["replaced by two renames"]], indirect=True)
@pytest.mark.parametrize("new_is_there", [True, False])
def test_the_doctor_tells_of_a_table_without_its_place_and_puts_it_right(
    scene: Scene, new_is_there: bool
) -> None:
    image = scene.fresh()
    tables = image / "tables"
    if new_is_there:
        write("two renames", image, "new")
        (tables / TABLE).rename(tables / f".{TABLE}{MARK}table-new")
        shutil.copytree(
            scene.prepared / "A/01/1/tables" / TABLE, tables / f".{TABLE}{MARK}table-old"
        )
    else:
        (tables / TABLE).rename(tables / f".{TABLE}{MARK}table-old")
    plate = image.parents[2]
    (finding,) = examine_plate(plate)
    assert finding.path == image
    assert f"replaced the table '{TABLE}'" in finding.problem
    (done,) = repair_plate(plate)
    assert ("finished it" if new_is_there else "put the old one back") in done
    assert digest_tree(tables / TABLE) == (scene.new if new_is_there else scene.old)
    assert examine_plate(plate) == ()


@pytest.mark.parametrize("scene", [VARIANTS["replaced by exchange"]], indirect=True)
def test_a_table_that_a_living_run_replaces_is_left_to_it(scene: Scene) -> None:
    image = scene.fresh()
    (image / "tables" / TABLE).rename(image / "tables" / f".{TABLE}{MARK}table-old")
    with own_well(image.parent, timeout=1):
        assert recover_well(image.parent) == ()
        assert leftovers(image) == [f".{TABLE}{MARK}table-old"]
    assert len(recover_well(image.parent)) == 1
    assert digest_tree(image / "tables" / TABLE) == scene.old


@pytest.mark.parametrize("scene", [VARIANTS["first"]], indirect=True)
def test_a_well_without_leftovers_is_not_touched(scene: Scene) -> None:
    image = scene.fresh()
    assert recover_well(image.parent) == ()
    assert not (image.parent / LOCK_FOLDER).exists()
