"""Cycles come one after the other: each is brought into the frame that the others have."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from tasks.doctor.plate import examine_plate
from tasks.estimate.options import registered_name
from tasks.plan.errors import InvalidInputError
from tasks.plan.request import RegistrationRequest
from tasks.storage.provenance import read_provenance
from tasks.survey.build import build_plan
from tests.estimate.wells import PIXEL, SIZE, TABLE, Shift, make_well
from tests.plate_tables import write_regions
from tests.plates import add_image_to_well, read_levels
from tests.raw_runs import RawRun, run_raw
from tests.trees import digest_tree

SHIFTS: Mapping[int, Sequence[Shift]] = {
    0: [(0.0, 0.0)] * 2,
    1: [(9.0, -7.0)] * 2,
    2: [(-12.0, 15.0), (-12.0, 14.0)],
    3: [(-90.0, 0.0)] * 2,
}
REGISTERED = registered_name(TABLE)


@pytest.fixture(scope="module")
def all_cycles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_well(tmp_path_factory.mktemp("cycles") / "all.zarr", SHIFTS)


@pytest.fixture(scope="module")
def two_cycles(all_cycles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two cycles, registered in place."""
    plate = tmp_path_factory.mktemp("cycles") / "plate.zarr"
    well = Path(shutil.copytree(all_cycles.parents[1], plate)) / "A" / "01"
    for name in ("2", "3"):
        shutil.rmtree(well / name)
    content = json.loads((well / ".zattrs").read_text())
    content["well"]["images"] = content["well"]["images"][:2]
    (well / ".zattrs").write_text(json.dumps(content, indent=2))
    run_raw(RawRun(well))
    return well


@pytest.fixture
def well(two_cycles: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two_cycles.parents[1], tmp_path / "plate.zarr")) / "A" / "01"


def add(well: Path, all_cycles: Path, cycle: int) -> None:
    shutil.copytree(all_cycles / str(cycle), well / str(cycle))
    add_image_to_well(well, str(cycle), cycle)


def test_a_later_cycle_comes_into_the_frame_alone(well: Path, all_cycles: Path) -> None:
    before = {name: digest_tree(well / name) for name in ("0", "1")}
    add(well, all_cycles, 2)
    run_raw(RawRun(well))
    assert {name: digest_tree(well / name) for name in ("0", "1")} == before
    record = read_provenance(well / "2")
    assert record is not None
    for number, (y, x) in enumerate(SHIFTS[2], start=1):
        assert record["shifts"][f"FOV_{number}"] == {"c": 0, "z": 0, "y": y, "x": x}
    reference = read_levels(well / "0")[0][0, 0].astype(float)
    stained = read_levels(well / "2")[0][1, 0].astype(float)
    for column in (0, SIZE):
        part = (slice(30, SIZE - 30), slice(column + 30, column + SIZE - 30))
        assert np.corrcoef(reference[part].ravel(), stained[part].ravel())[0, 1] > 0.95
    assert examine_plate(well.parents[1]) == ()
    finished = digest_tree(well)
    run_raw(RawRun(well))
    assert digest_tree(well) == finished


def test_what_a_later_cycle_does_not_show_is_0_and_never_another_field(
    well: Path, all_cycles: Path
) -> None:
    raw = read_levels(all_cycles / "2")[0]
    add(well, all_cycles, 2)
    run_raw(RawRun(well))
    moved = read_levels(well / "2")[0]
    frame = read_levels(well / "0")[0][0, 0] != 0
    for number, (y, x) in enumerate(SHIFTS[2]):
        first = number * SIZE
        expected = np.zeros_like(moved[..., first : first + SIZE])
        dy, dx = int(y), int(x)
        expected[..., : SIZE + dy, dx:] = raw[..., -dy:, first : first + SIZE - dx]
        expected[..., ~frame[:, first : first + SIZE]] = 0
        assert np.array_equal(moved[..., first : first + SIZE], expected)


def test_how_much_a_later_cycle_does_not_show_is_told(well: Path, all_cycles: Path) -> None:
    add(well, all_cycles, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.raw_runs.run_well", lambda _: None)
        run_raw(RawRun(well))
    told = build_plan(well / "2", RegistrationRequest(REGISTERED)).warnings
    edge, field = "reaches over the edge of the image", "does not show the whole of region"
    assert any("'FOV_1'" in warning and edge in warning for warning in told)
    # At its left is the other field, not the image's edge.
    assert any("'FOV_2'" in one and field in one and "14 x pixels" in one for one in told)


def test_a_cycle_that_lacks_a_field_gets_the_others_if_it_may(well: Path, all_cycles: Path) -> None:
    raw = read_levels(all_cycles / "2")[0]
    add(well, all_cycles, 2)
    write_regions(well / "2", TABLE, {"FOV_2": {"x": (SIZE * PIXEL, SIZE * PIXEL)}})
    untouched = digest_tree(well)
    with pytest.raises(InvalidInputError, match=r"lacks the regions FOV_1 .*allow_missing_regions"):
        run_raw(RawRun(well))
    assert digest_tree(well) == untouched
    run_raw(RawRun(well, allow_missing=True))
    frame = read_levels(well / "0")[0][0, 0] != 0
    expected = np.zeros_like(raw)
    dy, dx = (int(n) for n in SHIFTS[2][1])
    expected[..., : SIZE + dy, SIZE + dx :] = raw[..., -dy:, SIZE : 2 * SIZE - dx]
    expected[..., ~frame] = 0
    assert np.array_equal(read_levels(well / "2")[0], expected)
    assert examine_plate(well.parents[1]) == ()
    # What is finished is not refused, whatever it lacks.
    finished = digest_tree(well)
    run_raw(RawRun(well))
    assert digest_tree(well) == finished
    (told,) = build_plan(well / "2", RegistrationRequest(REGISTERED)).left_behind
    assert "lacks the regions FOV_1 that the reference" in told


def test_a_cycle_that_shows_too_little_of_the_frame_is_refused(
    well: Path, all_cycles: Path
) -> None:
    add(well, all_cycles, 2)
    before = {name: digest_tree(well / name) for name in ("0", "1")}
    with pytest.raises(InvalidInputError, match=r"'FOV_1': 8\d%.*at least 95%"):
        run_raw(RawRun(well, min_overlap=0.95))
    assert read_provenance(well / "2") is None
    assert {name: digest_tree(well / name) for name in ("0", "1")} == before


def test_a_frame_that_was_edited_takes_no_later_cycle(well: Path, all_cycles: Path) -> None:
    add(well, all_cycles, 2)
    whole = {f"FOV_{n + 1}": {"x": (n * SIZE / 2, SIZE / 2)} for n in range(2)}
    write_regions(well / "0", REGISTERED, whole)
    with pytest.raises(InvalidInputError, match=r"is not what 1 was registered to.*--repair"):
        run_raw(RawRun(well))


def test_a_reference_that_was_replaced_is_told_and_comes_into_the_frame_of_the_others(
    well: Path, all_cycles: Path
) -> None:
    shutil.rmtree(well / "0")
    shutil.copytree(all_cycles / "0", well / "0")
    settled = digest_tree(well / "1")
    with pytest.raises(InvalidInputError, match=r"image 0 in place, and it was replaced") as told:
        run_raw(RawRun(well))
    (found,) = examine_plate(well.parents[1])
    assert str(found).removeprefix(f"{well}/0") == str(told.value).removeprefix(str(well))
    assert "the acquisition of 1 as reference_acquisition" in found.advice
    assert digest_tree(well / "1") == settled
    # A run that was stopped before the reference leaves it with its table.
    write_regions(well / "0", REGISTERED, {"FOV_1": {"x": (0.0, SIZE / 2)}})
    assert "not registered beside" in str(examine_plate(well.parents[1])[0])


def test_tables_of_two_runs_of_the_consensus_do_not_go_together(
    well: Path, all_cycles: Path
) -> None:
    add(well, all_cycles, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.raw_runs.run_well", lambda _: None)
        run_raw(RawRun(well))
    path = well / "2" / "tables" / REGISTERED / ".zattrs"
    content = json.loads(path.read_text())
    content["plate_registration"]["consensus"] = "another"
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidInputError, match="two runs of the consensus"):
        build_plan(well / "2", RegistrationRequest(REGISTERED))
    run_raw(RawRun(well))
    assert read_provenance(well / "2") is not None
