"""Which images and wells a run works on, and what is said of the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.survey.selection import Selection, select_images, select_wells
from tests.plates import add_image_to_well, make_image, make_plate, write_regions
from tests.registration import register

TABLE = "registered"
REGIONS = {"FOV_1": {"y": (2.0, 20.0), "x": (3.0, 30.0)}}


@pytest.fixture
def well(tmp_path: Path) -> Path:
    """Acquisitions 0 and 1 with the table, and 2 without."""
    well = make_plate(tmp_path / "plate.zarr", acquisitions=(0, 1, 2), labels=()) / "A" / "01"
    for image in ("0", "1"):
        write_regions(well / image, TABLE, REGIONS)
    return well


def select(well: Path, images: list[str] | None = None, acquisition: int = 0) -> Selection:
    return select_images(
        well, registered_roi_table=TABLE, reference_acquisition=acquisition, images=images
    )


def test_by_default_all_that_have_the_table(well: Path) -> None:
    selection = select(well)
    assert (selection.others, selection.reference) == (("1",), ("0",))
    assert selection.left_out == {"2": f"has no table '{TABLE}'"}


def test_results_are_left_out_by_their_record_and_by_their_name(well: Path) -> None:
    register(well / "1", overwrite_input=False)
    make_image(well / "0_registered", labels=())
    write_regions(well / "0_registered", TABLE, REGIONS)
    add_image_to_well(well, "0_registered", 0)
    selection = select(well)
    assert (selection.others, selection.reference) == (("1",), ("0",))
    # That they are not registered again is what anybody expects.
    assert set(selection.left_out) == {"2"}
    # Removed by hand, and still listed: the next run makes it anew.
    shutil.rmtree(well / "1_registered")
    assert select(well) == selection


def test_an_image_that_only_looks_like_a_result_is_registered(well: Path) -> None:
    make_image(well / "3_registered", labels=())
    write_regions(well / "3_registered", TABLE, REGIONS)
    add_image_to_well(well, "3_registered", 3)
    assert select(well).others == ("1", "3_registered")


def test_a_listed_image_that_is_gone_is_selected_so_that_its_run_tells_of_it(well: Path) -> None:
    shutil.rmtree(well / "2")
    assert select(well).others == ("1", "2")


def test_an_image_without_an_acquisition_is_left_out_by_name(well: Path) -> None:
    metadata = well / ".zattrs"
    described = json.loads(metadata.read_text())
    del described["well"]["images"][1]["acquisition"]
    metadata.write_text(json.dumps(described))
    selection = select(well)
    assert (selection.others, selection.reference) == ((), ("0",))
    assert "no acquisition" in selection.left_out["1"]
    with pytest.raises(InvalidInputError, match="give image 1 its acquisition in the well's list"):
        select(well, None, 1)


def test_named_images_are_taken_as_they_are(well: Path) -> None:
    assert select(well, ["2", "0"]) == Selection(others=("2",), reference=("0",), left_out={})


@pytest.mark.parametrize(
    ("images", "acquisition", "reason"),
    [
        pytest.param(["1", "7"], 0, "no image '7' in this well; it has '0', '1', '2'", id="image"),
        pytest.param(None, 9, "acquisitions 0, 1, 2. Give one of them as ref", id="acquisition"),
        pytest.param(None, 2, "no image of reference acquisition 2 has table", id="no table"),
    ],
)
def test_what_cannot_be_selected_is_named(
    well: Path, images: list[str] | None, acquisition: int, reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        select(well, images, acquisition)


def test_a_well_without_the_table_anywhere_is_an_error(well: Path) -> None:
    for image in ("0", "1"):
        shutil.rmtree(well / image / "tables")
    with pytest.raises(InvalidInputError, match="Estimate the shifts"):
        select(well)


def test_wells_are_selected_by_name_in_the_plates_order(tmp_path: Path) -> None:
    plate = make_plate(
        tmp_path / "plate.zarr", wells=("A/01", "A/02", "B/01"), acquisitions=(0,), labels=()
    )
    assert select_wells(plate) == ("A/01", "A/02", "B/01")
    assert select_wells(plate, ["B/01", "A/01"]) == ("A/01", "B/01")
    with pytest.raises(InvalidInputError, match="no well 'C/09'"):
        select_wells(plate, ["A/01", "C/09"])
