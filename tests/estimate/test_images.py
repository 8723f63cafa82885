"""Which images are compared with which, and what is said of those that are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tasks.estimate.images import Group, group_images
from tasks.plan.errors import InvalidInputError, NothingToRegisterError
from tests.estimate.foreign_wells import list_images
from tests.plates import make_plate, write_regions

TABLE = "FOV_ROI_table"
REGIONS = {"FOV_1": {"y": (2.0, 20.0), "x": (3.0, 30.0)}}


@pytest.fixture
def well(tmp_path: Path) -> Path:
    plate = make_plate(
        tmp_path / "plate.zarr", acquisitions=(0, 1, 2), levels=1, shape=(1, 1, 48, 48), labels=()
    )
    for name in "012":
        write_regions(plate / "A/01" / name, TABLE, REGIONS)
    return plate / "A/01"


def groups_of(well: Path) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    return group_images(well, input_roi_table=TABLE, reference_acquisition=0)


def test_each_field_of_the_reference_has_a_group_of_its_own(well: Path) -> None:
    shutil.copytree(well / "2", well / "3")
    list_images(well, {"0": 0, "1": 0, "2": 1, "3": 1})
    groups, warnings = groups_of(well)
    assert groups == (
        Group(reference=well / "0", others=(well / "2",)),
        Group(reference=well / "1", others=(well / "3",)),
    )
    assert len(warnings) == 2


def test_a_field_whose_reference_has_no_table_is_left_out_and_never_paired_with_another(
    well: Path,
) -> None:
    shutil.copytree(well / "2", well / "3")
    list_images(well, {"0": 0, "1": 0, "2": 1, "3": 1})
    shutil.rmtree(well / "1" / "tables")
    groups, warnings = groups_of(well)
    assert groups == (Group(reference=well / "0", others=(well / "2",)),)
    assert any("3 cannot be registered, as its reference 1 has no table" in w for w in warnings)


def test_a_result_that_was_removed_by_hand_is_no_image_that_is_missing(well: Path) -> None:
    list_images(well, {"0": 0, "1": 1, "2": 2, "1_registered": 1})
    both = well / "1", well / "2"
    assert groups_of(well) == ((Group(reference=well / "0", others=both),), ())


def test_results_whose_originals_were_removed_are_told_with_the_way_out(well: Path) -> None:
    for name in "01":
        result = Path(shutil.move(well / name, well / f"{name}_registered"))
        record = json.dumps({"plate_registration": {"origin": name}})
        attributes = result / ".zattrs"
        attributes.write_text(f"{record[:-1]}, {attributes.read_text().lstrip()[1:]}")
    list_images(well, {"0_registered": 0, "1_registered": 1, "2": 2})
    with pytest.raises(NothingToRegisterError, match="'0_registered' becomes '0'"):
        groups_of(well)
    list_images(well, {"0_registered": 0, "1_registered": 1})
    with pytest.raises(NothingToRegisterError, match="'0_registered' becomes '0'"):
        groups_of(well)


def test_a_well_without_acquisitions_is_told_what_it_lacks(well: Path) -> None:
    list_images(well, {"0": None, "1": None})
    with pytest.raises(InvalidInputError, match=f"^{well}: its metadata names no acquisition"):
        groups_of(well)


def test_images_that_cannot_be_compared_are_left_out_by_name(well: Path) -> None:
    list_images(well, {"0": 0, "1": 1, "2": None, "7": 3, "8": 3})
    (well / "8").mkdir()
    groups, warnings = groups_of(well)
    assert groups == (Group(reference=well / "0", others=(well / "1",)),)
    assert any("2 has no acquisition in the well's metadata" in w for w in warnings)
    assert any("7 is listed in its well but is not there" in w for w in warnings)
    assert any("8 is listed in its well, and its folder there has no" in w for w in warnings)


def test_without_any_roi_table_every_image_is_a_region(well: Path) -> None:
    for name in "012":
        shutil.rmtree(well / name / "tables")
    (group,), warnings = groups_of(well)
    assert group == Group(reference=well / "0", others=(well / "1", well / "2"))
    assert len(warnings) == 3
    assert all("the whole image is one region, 'image'" in warning for warning in warnings)


def test_an_image_without_tables_beside_others_that_have_them_is_left_out(well: Path) -> None:
    shutil.rmtree(well / "2" / "tables")
    (group,), warnings = groups_of(well)
    assert group.others == (well / "1",)
    assert warnings == (f"{well / '2'} has no table '{TABLE}': left out",)


def test_where_all_have_another_roi_table_it_is_named_as_the_cure(well: Path) -> None:
    for name in "012":
        shutil.rmtree(well / name / "tables")
        write_regions(well / name, "well_ROI_table", REGIONS)
    with pytest.raises(NothingToRegisterError, match=r"are well_ROI_table\. Give .* as input"):
        groups_of(well)


def test_a_well_that_was_imaged_once_has_nothing_to_register(well: Path) -> None:
    list_images(well, {"0": 0})
    with pytest.raises(NothingToRegisterError, match=r"image 1 lies in the well, but .* list it"):
        groups_of(well)
    for name in "12":
        shutil.rmtree(well / name)
    with pytest.raises(NothingToRegisterError, match=r"images \(0\) are of .* Add those"):
        groups_of(well)


def test_a_reference_without_the_table_is_named_with_what_to_do(well: Path) -> None:
    list_images(well, {"0": 0, "1": 1})
    shutil.rmtree(well / "0" / "tables")
    with pytest.raises(
        NothingToRegisterError, match=r"image 0 has no table.*; image 1 cannot be .* Give these"
    ):
        groups_of(well)
