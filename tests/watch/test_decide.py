"""What is taken up by itself, what waits and why, by the plates' own records."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.running.wells_to_do import wells_to_do
from tasks.doctor.plate import examine_plate, repair_plate
from tasks.estimate.images import group_images
from tasks.estimate.options import RegionOptions, registered_name
from tasks.plan.errors import NothingToRegisterError
from tasks.storage.held import held_path
from tasks.storage.locks import own_registration
from tasks.watch.attempts import Attempts
from tasks.watch.decide import PLATE, Decision, begun, decide, ended
from tests.estimate.wells import TABLE, make_well
from tests.plates import write_regions
from tests.raw_runs import RawRun, run_raw

REGIONS = RegionOptions(input_roi_table=TABLE)
SHIFTS = {0: [(0.0, 0.0)] * 2, 1: [(9.0, -7.0)] * 2}
LATER = datetime.now(tz=UTC) + timedelta(hours=1)
"""An hour after all that a test writes."""


def decided(plate: Path, attempts: Attempts | None = None, now: datetime = LATER) -> Decision:
    return decide(plate, REGIONS, attempts or {}, settle_minutes=15, max_attempts=2, now=now)


@pytest.fixture(scope="module")
def two_wells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plate = tmp_path_factory.mktemp("made") / "plate.zarr"
    make_well(plate, SHIFTS, wells=("A/01", "B/02"))
    return plate


@pytest.fixture(scope="module")
def one_done(two_wells: Path) -> Path:
    """The same plate with its first well registered."""
    plate = two_wells.with_name("done.zarr")
    shutil.copytree(two_wells, plate)
    run_raw(RawRun(plate / "A/01"))
    return plate


@pytest.fixture
def plate(two_wells: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_wells, tmp_path / "plate.zarr"))


def test_a_new_plate_is_registered_well_by_well(plate: Path) -> None:
    assert decided(plate) == Decision(wells={"A/01": ("1", "0"), "B/02": ("1", "0")})


@pytest.mark.parametrize("image", ["0", "1"])
def test_a_well_whose_image_lost_its_name_in_a_swap_is_taken_up(plate: Path, image: str) -> None:
    well = plate / "A/01"
    (well / image).rename(well / f".{image}.plate-registration.replaced")
    assert image in decided(plate).wells["A/01"]
    look = partial(group_images, input_roi_table=TABLE, reference_acquisition=0)
    assert wells_to_do(plate, None, look) == (["A/01", "B/02"], {})
    assert "lost its name when an earlier run was interrupted" in why_nothing_is_to_do(well)
    (told_by_doctor,) = examine_plate(plate)
    assert "stopped in the middle of a swap" in str(told_by_doctor)
    repair_plate(plate)
    assert decided(plate).wells["A/01"] == ("1", "0")


def why_nothing_is_to_do(well: Path) -> str:
    with pytest.raises(NothingToRegisterError) as caught:
        group_images(well, input_roi_table=TABLE, reference_acquisition=0)
    return str(caught.value)


def test_what_is_registered_is_finished_and_only_the_rest_is_taken_up(one_done: Path) -> None:
    assert decided(one_done) == Decision(wells={"B/02": ("1", "0")}, finished=1)


def test_a_new_cycle_is_taken_up(one_done: Path, tmp_path: Path) -> None:
    plate = Path(shutil.copytree(one_done, tmp_path / "plate.zarr"))
    three = {**SHIFTS, 2: [(1.0, 1.0)] * 2}
    later = make_well(tmp_path / "three.zarr", three, wells=("A/01", "B/02"))
    shutil.copytree(later / "2", plate / "A/01/2")
    shutil.copy(later / ".zattrs", plate / "A/01/.zattrs")
    assert decided(plate).wells == {"A/01": ("2",), "B/02": ("1", "0")}


def test_a_result_beside_its_original_is_finished(
    one_done: Path, two_wells: Path, tmp_path: Path
) -> None:
    plate = Path(shutil.copytree(two_wells, tmp_path / "plate.zarr"))
    for name in ("0", "1"):
        shutil.copytree(one_done / "A/01" / name, plate / "A/01" / f"{name}_registered")
    assert decided(plate) == Decision(wells={"B/02": ("1", "0")}, finished=1)


def test_a_plate_that_is_being_written_waits(plate: Path) -> None:
    now = datetime.now(tz=UTC) + timedelta(minutes=20)
    assert decided(plate, now=now).wells
    chunk = next(path for path in (plate / "B/02/1/0").rglob("*") if path.is_file())
    late = now - timedelta(minutes=14)
    os.utime(chunk, (late.timestamp(), late.timestamp()))
    decision = decided(plate, now=now)
    assert not decision.wells
    assert "waits until nothing has changed for 15 min" in decision.left[PLATE]


def test_a_finished_plate_need_not_be_settled(one_done: Path, tmp_path: Path) -> None:
    plate = Path(shutil.copytree(one_done, tmp_path / "plate.zarr"))
    shutil.rmtree(plate / "B")
    decision = decided(plate, now=datetime.now(tz=UTC))
    assert (decision.finished, [*decision.left]) == (1, ["B/02"])


def remove_image(well: Path) -> None:
    shutil.rmtree(well / "1")


def remove_table(well: Path) -> None:
    shutil.rmtree(well / "1" / "tables" / TABLE)
    (well / "1" / "tables" / ".zattrs").write_text('{"tables": []}')


def write_others_table(well: Path) -> None:
    write_regions(well / "1", registered_name(TABLE), {"FOV_1": {"x": (0.0, 10.0)}})


def hold_a_result(well: Path) -> None:
    held_path(well / "1").mkdir()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (shutil.rmtree, "does not exist"),
        (remove_image, "image 1 is not there yet"),
        (remove_table, "image 1 has no table 'FOV_ROI_table' yet"),
        (write_others_table, "that another program made"),
        (hold_a_result, "the result of image 1 was held back"),
    ],
)
def test_a_well_that_is_not_complete_or_is_a_persons_is_left(
    plate: Path, change: object, said: str
) -> None:
    assert callable(change)
    change(plate / "A/01")
    decision = decided(plate)
    assert [*decision.wells] == ["B/02"]
    assert said in decision.left["A/01"]


def test_a_well_without_any_roi_table_is_taken_whole_as_by_register(plate: Path) -> None:
    for name in ("0", "1"):
        shutil.rmtree(plate / "A/01" / name / "tables")
    assert decided(plate).wells == {"A/01": ("1", "0"), "B/02": ("1", "0")}
    write_regions(plate / "A/01/1", "other_table", {"FOV_1": {"x": (0.0, 10.0)}})
    decision = decided(plate)
    assert [*decision.wells] == ["B/02"]
    assert decision.left["A/01"] == "image 1 has no table 'FOV_ROI_table' yet"


def test_a_well_that_a_run_is_at_is_left_to_it(plate: Path) -> None:
    with own_registration(plate / "A/01", timeout=0):
        decision = decided(plate)
    assert [*decision.wells] == ["B/02"]
    assert f"in use by process {os.getpid()}" in decision.left["A/01"]


def test_what_fails_is_not_tried_for_ever_and_new_images_count_anew(plate: Path) -> None:
    both = decided(plate).wells
    once = begun({}, both, LATER)
    # A run that was killed says nothing at its end.
    assert decided(plate, once).wells == both
    twice = ended(begun(once, both, LATER), both, ["A/01"], "nothing to see in region FOV_1")
    assert [*twice] == ["A/01"]
    decision = decided(plate, twice)
    assert [*decision.wells] == ["B/02"]
    assert "failed 2 times" in decision.left["A/01"]
    assert "nothing to see in region FOV_1" in decision.left["A/01"]
    other = {"A/01": twice["A/01"].model_copy(update={"images": ("1",)})}
    assert decided(plate, other).wells == both
    assert begun(other, both, LATER)["A/01"].tries == 1
