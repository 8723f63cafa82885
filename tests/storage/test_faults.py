"""Break staging and publishing at every file-system call: no image is ever lost or mixed."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.plan.errors import RegistrationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.locks import own_image
from tasks.storage.provenance import is_result
from tasks.storage.recover import recover_image
from tasks.storage.well_entries import list_image, read_images
from tests.forks import forks
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.storage.faults import Fault, FaultKind
from tests.storage.steps import die, leftovers, run, run_broken, swapping_by
from tests.trees import digest_tree

ERRORS = (errno.ENOSPC, errno.EIO, errno.ESTALE, errno.EACCES, errno.EDQUOT, errno.EROFS)

State = dict[str, dict[str, str]]
"""Digest of every file of every image of the well; empty where there is no such image."""


class Stage:
    """A plate to break, and what it looks like before and after an undisturbed run."""

    def __init__(self, folder: Path, plate: Path, mode: str, swap: str) -> None:
        self.folder, self.mode, self.swap = folder, mode, swap
        self.prepared = self._copy(plate, "prepared.zarr")
        finished = self._copy(plate, "finished.zarr")
        plan = self._plan_in(finished)
        register(plan.image_path, overwrite_input=plan.overwrites_input)
        self.finished = plan.output_path
        if mode == "beside again":
            # The result of an earlier run is there, and is not the one that is now wanted.
            image = self.prepared / "A" / "01" / "1"
            register(image, overwrite_input=False, register_labels=False)
        self.plan = self._plan_in(self.prepared)
        self.old = state_of(self.prepared / "A" / "01")
        self.new = state_of(finished / "A" / "01")
        self.healed: set[str] = set()
        """States of the well from which a run was seen to give the undisturbed result."""

    def fresh(self) -> RegistrationPlan:
        """Return the plan of a fresh copy of the plate."""
        plate = self.folder / "broken" / "plate.zarr"
        shutil.rmtree(plate.parent, ignore_errors=True)
        shutil.copytree(self.prepared, plate)
        paths = ("image_path", "reference_path", "output_path")
        moved = {name: plate / "A" / "01" / getattr(self.plan, name).name for name in paths}
        return self.plan.model_copy(update=moved)

    def _plan_in(self, plate: Path) -> RegistrationPlan:
        return make_plan(plate / "A" / "01", overwrite_input=self.mode == "in place")

    def _copy(self, plate: Path, name: str) -> Path:
        return Path(shutil.copytree(plate, self.folder / name))


def state_of(well: Path) -> State:
    return {name: digest_tree(well / name) for name in ("0", "1", "1_registered")}


def assert_each_image_is_whole(stage: Stage, plan: RegistrationPlan, *, gap: bool) -> None:
    """Every image is complete in its old or its new form; in the gap it may have no name."""
    well = plan.image_path.parent
    for name, found in state_of(well).items():
        allowed = [stage.old[name], stage.new[name]]
        if gap and name == plan.output_name:
            allowed.append({})
        assert found in allowed, f"image {name} is neither old nor new"
    assert read_images(well)


def assert_run_again_heals(stage: Stage, plan: RegistrationPlan) -> None:
    """Recovery alone makes the well whole; a run after it gives the undisturbed result."""
    well = plan.image_path.parent
    with own_image(well, plan.image_name, timeout=1):
        recover_image(well, plan.image_name)
    assert leftovers(well) == []
    assert_each_image_is_whole(stage, plan, gap=False)
    recovered = str(digest_tree(well))
    if recovered in stage.healed:
        return
    # A finished image is recognised by its record, as the flow does, and left alone.
    if not is_result(plan):
        with swapping_by(stage.swap):
            run(plan, stage.finished)
    elif not plan.overwrites_input:
        list_image(well, plan.output_name, plan.acquisition)
    assert state_of(well) == stage.new
    assert leftovers(well) == []
    listed = [image.name for image in read_images(well)]
    assert listed == (["0", "1"] if plan.overwrites_input else ["0", "1", "1_registered"])
    stage.healed.add(recovered)


IN_PLACE = ("0.4", "in place", "exchange")
IN_PLACE_BY_RENAMING = ("0.5", "in place", "two renames")
BESIDE = ("0.5", "beside", "exchange")
BESIDE_AGAIN = ("0.4", "beside again", "two renames")

EVERY_CALL = "PLATE_REGISTRATION_EVERY_FAULT" in os.environ
"""Whether every call is broken, which takes minutes, or the calls that differ."""


@pytest.fixture
def stage(request: pytest.FixtureRequest, plates: dict[str, Path], tmp_path: Path) -> Stage:
    version, mode, swap = request.param
    return Stage(tmp_path, plates[version], mode, swap)


def list_calls(stage: Stage, *, reading: bool) -> list[str]:
    plan = stage.fresh()
    fault = Fault(plan.image_path.parents[3], 0, "count", reading=reading)
    run_broken(stage.swap, stage.finished, plan, fault)
    assert state_of(plan.image_path.parent) == stage.new
    return fault.calls


@pytest.mark.parametrize(
    "stage", [IN_PLACE, IN_PLACE_BY_RENAMING, BESIDE, BESIDE_AGAIN], ids=" ".join, indirect=True
)
def test_killed_at_every_call(stage: Stage) -> None:
    for number, call in enumerate(list_calls(stage, reading=False), start=1):
        if call.startswith("fsync"):
            # A process killed before a flush leaves what one killed after it leaves.
            continue
        if not EVERY_CALL and number % 3 and is_inside_hidden(call):
            continue
        plan = stage.fresh()
        child = forks.Process(target=die, args=(stage.swap, stage.finished, plan, number))
        child.start()
        child.join()
        assert child.exitcode == -signal.SIGKILL, f"call {number} was not reached"
        assert_each_image_is_whole(stage, plan, gap=stage.swap == "two renames")
        assert_run_again_heals(stage, plan)


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        (IN_PLACE, "error"),
        (IN_PLACE_BY_RENAMING, "error"),
        (IN_PLACE_BY_RENAMING, "errors from then on"),
        (IN_PLACE_BY_RENAMING, "error after the call"),
        (BESIDE, "error"),
        (BESIDE_AGAIN, "errors from then on"),
    ],
    ids=str,
    indirect=["stage"],
)
def test_error_at_every_call(stage: Stage, kind: FaultKind) -> None:
    reading = kind == "error"
    failed = 0
    for number in numbers_to_break(list_calls(stage, reading=reading)):
        plan = stage.fresh()
        fault = Fault(
            plan.image_path.parents[3],
            number,
            kind,
            errno=ERRORS[number % len(ERRORS)],
            reading=reading,
        )
        if fails(lambda: run_broken(stage.swap, stage.finished, plan, fault)):  # noqa: B023
            failed += 1
        else:
            assert state_of(plan.image_path.parent) == stage.new
        # One error is undone by the run itself; where all calls fail from then on, by the next.
        gap = stage.swap == "two renames" and kind == "errors from then on"
        assert_each_image_is_whole(stage, plan, gap=gap)
        assert_run_again_heals(stage, plan)
    assert failed > 10


def is_inside_hidden(call: str) -> bool:
    """Return whether a call makes or removes one of the many files of a hidden folder."""
    return re.search(r"\.(staging|verified|replaced|discarded)/", call) is not None


def numbers_to_break(calls: list[str]) -> list[int]:
    """Return all calls, or all but most of the many reads, questions, flushes and removals."""
    many = ("read", "os.scandir", "stat", "fsync", "os.remove", "os.rmdir")
    return [
        number
        for number, call in enumerate(calls, start=1)
        if EVERY_CALL or not call.startswith(many) or number % 17 == 0
    ]


def fails(action: Callable[[], object]) -> bool:
    try:
        action()
    except (OSError, RegistrationError):
        return True
    return False
