"""From raw images to registered ones: every stage, resumed, stopped, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.consensus import find_consensus_of_well
from flows.estimate import estimate_shifts_of_well
from flows.failures import ImagesFailedError
from flows.image import apply_registration_to_image
from flows.register import register_plate, register_well
from tasks.estimate.columns import TRANSLATIONS
from tasks.plan.errors import InvalidInputError, UncertainShiftError
from tasks.plan.listed_tables import list_tables, read_table
from tasks.storage.provenance import read_provenance
from tests.estimate.wells import PIXEL, SIZE, STAIN, TABLE, make_well
from tests.plates import read_levels
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
    assert len(estimate_shifts_of_well(str(raw), STAIN, level_path="1")) == 1
    assert len(find_consensus_of_well(str(raw))) == 2
    assert find_consensus_of_well(str(raw)) == ()
    assert len(find_consensus_of_well(str(raw), min_overlap=0.6)) == 2


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
    with pytest.raises(InvalidInputError, match="no image with the table 'none'"):
        register_well(str(raw), STAIN, input_roi_table="none")
