"""From raw images to registered ones: every stage, resumed, stopped, refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.consensus import find_consensus_of_well
from flows.estimate import estimate_shifts_of_well
from flows.image import apply_registration_to_image
from flows.register import register_plate, register_well
from flows.results.failures import ImagesFailedError
from tasks.estimate.columns import TRANSLATIONS
from tasks.plan.errors import InvalidInputError, UncertainShiftError
from tasks.storage.provenance import read_provenance
from tasks.survey.listed_tables import list_tables, read_table
from tests.estimate.wells import PIXEL, SIZE, STAIN, TABLE, make_well
from tests.flows.snapshots import snapshot
from tests.plates import read_levels, write_regions
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

REGISTERED = f"{TABLE}_registered"
SHIFTS = {0: [(0.0, 0.0)] * 2, 1: [(9.0, -7.0)] * 2, 2: [(-4.0, 3.0), (-5.0, 3.0)]}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The only well of a plate of three acquisitions as it comes from a microscope."""
    return make_well(tmp_path / "plate.zarr", SHIFTS)


def translations(image: Path) -> np.ndarray:
    frame = read_table(image, TABLE).content.dataframe
    return np.asarray(frame[list(TRANSLATIONS[1:])], dtype=float) / PIXEL


def test_raw_images_end_up_registered_to_the_reference(raw: Path) -> None:
    result = register_well(str(raw), STAIN, level_path="0")
    assert [report.outcome for report in result.reports] == ["registered"] * 3
    reference = read_levels(raw / "0")[0][0, 0].astype(float)
    for name in ("1", "2"):
        stained = read_levels(raw / name)[0][1, 0].astype(float)
        for column in (0, SIZE):
            part = (slice(30, SIZE - 30), slice(column + 30, column + SIZE - 30))
            assert np.corrcoef(reference[part].ravel(), stained[part].ravel())[0, 1] > 0.95
    again = register_well(str(raw), STAIN, level_path="0")
    assert {report.outcome for report in again.reports} == {"skipped"}


def test_it_stops_where_it_is_told_and_goes_on_from_there(raw: Path) -> None:
    pixels = {name: digest_tree(raw / name / "0") for name in "012"}
    register_well(str(raw), STAIN, level_path="0", stop_after="estimate")
    for number, shifts in list(SHIFTS.items())[1:]:
        assert translations(raw / str(number)) == pytest.approx(np.array(shifts), abs=0.2)
    assert REGISTERED not in list_tables(raw / "1")
    estimated = digest_tree(raw / "1" / "tables" / TABLE)
    register_well(str(raw), STAIN, level_path="0", stop_after="consensus")
    assert all(REGISTERED in list_tables(raw / name) for name in "012")
    assert digest_tree(raw / "1" / "tables" / TABLE) == estimated
    assert {name: digest_tree(raw / name / "0") for name in "012"} == pixels
    register_well(str(raw), STAIN, level_path="0")
    assert all(read_provenance(raw / name) is not None for name in "012")


def test_a_stage_is_repeated_only_when_its_input_or_parameters_change(raw: Path) -> None:
    assert len(estimate_shifts_of_well(str(raw), STAIN, level_path="0")) == 2
    assert estimate_shifts_of_well(str(raw), STAIN, level_path="0") == ()
    assert len(estimate_shifts_of_well(str(raw), STAIN, level_path="1")) == 2
    assert len(estimate_shifts_of_well(str(raw), STAIN, level_path="1", redo=True)) == 2
    chunk = next(path for path in (raw / "1" / "1").rglob("*") if path.name.isdigit())
    while chunk.is_dir():
        chunk = next(chunk.iterdir())
    chunk.touch()
    # An image that lacks nothing is the same, whether it may or not.
    assert (
        estimate_shifts_of_well(str(raw), STAIN, level_path="1", allow_missing_regions=True) == ()
    )
    content = bytearray(chunk.read_bytes())
    content[-1] ^= 1
    chunk.write_bytes(content)
    assert len(estimate_shifts_of_well(str(raw), STAIN, level_path="1")) == 1
    assert len(find_consensus_of_well(str(raw))) == 2
    assert find_consensus_of_well(str(raw)) == ()
    assert len(find_consensus_of_well(str(raw), min_overlap=0.6)) == 2


def test_an_image_that_lacks_a_field_is_registered_without_it_where_it_may(raw: Path) -> None:
    box = {"y": (0.0, SIZE * PIXEL), "x": (0.0, SIZE * PIXEL)}
    write_regions(raw / "2", TABLE, {"FOV_1": box})
    before = {name: digest_tree(raw / name / "0") for name in "012"}
    with pytest.raises(UncertainShiftError, match=r"2 lacks the regions FOV_2 .*photographed"):
        register_well(str(raw), STAIN, level_path="0")
    assert {name: digest_tree(raw / name / "0") for name in "012"} == before
    plan = register_well(str(raw), STAIN, level_path="0", dry_run=True, allow_missing_regions=True)
    assert any("2 lacks the regions FOV_2" in report.detail for report in plan.reports)
    result = register_well(str(raw), STAIN, level_path="0", allow_missing_regions=True)
    outcomes = {(report.image, report.outcome): report.detail for report in result.reports}
    assert "2 lacks the regions FOV_2" in outcomes.pop(("2", "left out"))
    assert list(outcomes) == [(name, "registered") for name in "120"]
    fields = {n: read_levels(raw / n)[0][..., SIZE:].any() for n in "012"}
    assert fields == {"0": True, "1": True, "2": False}


def test_an_interrupted_run_goes_on_with_the_shifts_that_moved_the_first_images(
    raw: Path,
) -> None:
    register_well(str(raw), STAIN, level_path="0", stop_after="consensus")
    consensus = digest_tree(raw / "2" / "tables" / REGISTERED)
    apply_registration_to_image(str(raw / "1"), REGISTERED)
    register_well(str(raw), STAIN, level_path="0", stop_after="consensus")
    assert digest_tree(raw / "2" / "tables" / REGISTERED) == consensus
    result = register_well(str(raw), STAIN, level_path="0")
    assert sorted(report.outcome for report in result.reports) == [
        "registered",
        "registered",
        "skipped",
    ]


def test_fractions_of_the_estimated_shifts_move_the_pixels_when_told_so(raw: Path) -> None:
    result = register_well(str(raw), STAIN, level_path="0", interpolation="linear")
    assert {report.outcome for report in result.reports} == {"registered"}
    records = [read_provenance(raw / name) or {} for name in "012"]
    assert {record["interpolation"] for record in records} == {"linear"}


def test_results_beside_their_origin_are_no_input_of_the_next_run(raw: Path) -> None:
    register_well(str(raw), STAIN, level_path="0", overwrite_input=False)
    again = register_well(str(raw), STAIN, level_path="0", overwrite_input=False)
    assert {report.outcome for report in again.reports} == {"skipped"}


def test_no_pixel_moves_where_a_shift_cannot_be_trusted(tmp_path: Path) -> None:
    nothing = [(2, 0), (2, 1)]
    well = make_well(tmp_path / "plate.zarr", SHIFTS, wells=("A/01", "B/02"), empty=nothing)
    before = {name: digest_tree(well / name / "0") for name in "012"}
    with pytest.raises(UncertainShiftError, match=r"image '2'.*region 'FOV_1'") as error:
        register_well(str(well), STAIN, level_path="0")
    assert "image '1'" not in str(error.value)
    assert {name: digest_tree(well / name / "0") for name in "012"} == before
    with pytest.raises(ImagesFailedError, match=r"2 failed.*A/01.*B/02"):
        register_plate(str(tmp_path / "plate.zarr"), STAIN, level_path="0")


def test_the_wells_of_a_plate_are_registered_each_by_itself(tmp_path: Path) -> None:
    make_well(tmp_path / "plate.zarr", SHIFTS, wells=("A/01", "B/02"))
    result = register_plate(str(tmp_path / "plate.zarr"), STAIN, level_path="0")
    assert [report.outcome for report in result.reports] == ["registered"] * 6
    only = register_plate(str(tmp_path / "plate.zarr"), STAIN, level_path="0", wells=["B/02"])
    assert [report.outcome for report in only.reports] == ["skipped"] * 3


def test_a_well_without_the_table_is_an_error_that_says_so(raw: Path) -> None:
    with pytest.raises(InvalidInputError, match="no image has the table 'none'; ROI tables"):
        register_well(str(raw), STAIN, input_roi_table="none")


def planned(well: Path, **changed: Any) -> dict[str, str]:
    """Return the plan of each image; nothing below the plate may change."""
    plate = well.parents[1]
    before = snapshot(plate)
    result = register_well(str(well), STAIN, level_path="0", dry_run=True, **changed)
    assert snapshot(plate) == before
    assert result.image_list_updates == []
    assert {report.outcome for report in result.reports} == {"planned"}
    return {report.image: report.detail for report in result.reports}


def test_a_dry_run_on_a_raw_well_says_what_would_be_estimated_from_what(raw: Path) -> None:
    plans = planned(raw)
    assert sorted(plans) == ["0", "1", "2"]
    for image in "12":
        assert f"A/01/{image} to 0: shifts of 2 regions of '{TABLE}'" in plans[image]
        assert "'A01_C01' (channel 1, in the reference channel 0) at level 0" in plans[image]
        # Two images, two regions of 160 x 160 pixels of 2 bytes.
        assert "reads     205 kB of pixels" in plans[image]
        assert "memory    at most" in plans[image]
        assert "gets what its image, well or plate say" in plans[image]
    assert f"writes    '{REGISTERED}' into images 1, 2, 0" in plans["0"]
    assert "known once the shifts are" in plans["0"]
    assert "moves the pixels of images 1, 2, and of 0 last, in place" in plans["0"]


def test_a_dry_run_says_what_an_earlier_run_has_done(raw: Path) -> None:
    register_well(str(raw), STAIN, level_path="0", stop_after="estimate")
    plans = planned(raw)
    assert "kept      estimated from this very input" in plans["1"]
    assert f"writes    '{REGISTERED}'" in plans["0"]
    # The largest shift, of acquisition 1, is 9 and 7 pixels of 160; of 2, -4 or -5 and 3.
    share = (SIZE - 14) * (SIZE - 10) / SIZE**2
    assert f"at least {share:.0%} (region 'FOV_2')" in plans["0"]
    assert "estimated from this very input" not in planned(raw, on_low_confidence="zero")["1"]
    assert "reads" in planned(raw, redo=True)["1"]
    register_well(str(raw), STAIN, level_path="0", stop_after="consensus")
    plans = planned(raw)
    assert f"kept      '{REGISTERED}'" in plans["0"]
    assert "'FOV_1': y +9, x -7 px" in plans["1"]
    assert "y +9" not in planned(raw, stop_after="consensus")["1"]
    apply_registration_to_image(str(raw / "1"), REGISTERED)
    plans = planned(raw)
    assert plans["1"].startswith("registered in place already")
    assert "'FOV_1': y -4, x +3 px" in plans["2"]


def test_a_dry_run_of_a_plate_names_what_could_not_be_done(tmp_path: Path) -> None:
    well = make_well(tmp_path / "plate.zarr", SHIFTS, wells=("A/01", "B/02"))
    plate = tmp_path / "plate.zarr"
    result = register_plate(str(plate), STAIN, level_path="0", dry_run=True)
    assert [report.well for report in result.reports] == ["A/01"] * 3 + ["B/02"] * 3
    shutil.rmtree(well / "1" / "0")
    before = snapshot(plate)
    with pytest.raises(ImagesFailedError, match=r"1 planned, 1 failed.*A/01.*listed but cannot"):
        register_plate(str(plate), STAIN, level_path="0", dry_run=True)
    assert snapshot(plate) == before
