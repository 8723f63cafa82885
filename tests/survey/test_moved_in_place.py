"""An image that was registered in place is cut at most; what it left behind may be made anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.storage.attributes import OUR_RECORD
from tasks.storage.provenance import is_up_to_date
from tasks.survey.build import build_plan
from tests.plates import (
    add_image_to_well,
    add_label,
    label_pixels,
    make_image,
    make_plate,
    read_levels,
    write_levels,
    write_regions,
)
from tests.registration import register
from tests.trees import digest_tree

TABLE = "registered"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A well whose image 1 lay 4 pixels to the right, both registered in place."""
    return finished_well(tmp_path_factory.mktemp("finished") / "plate.zarr")


def finished_well(plate: Path, *, register_labels: bool = True) -> Path:
    make_plate(plate, axes="yx", shape=(16, 32), chunks=(8, 16), levels=2, pixel_size=1.0)
    well = plate / "A" / "01"
    for name, x in (("0", 2.0), ("1", 6.0)):
        write_regions(well / name, TABLE, {"FOV_1": {"y": (2.0, 10.0), "x": (x, 20.0)}})
    for name in ("1", "0"):
        register(well / name, register_labels=register_labels)
    return well


@pytest.fixture
def well(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.parents[1], tmp_path / "plate.zarr")) / "A" / "01"


def plan(image: Path, **options: bool) -> RegistrationPlan:
    return build_plan(image, RegistrationRequest(TABLE, min_covered=0, **options))


def forget_the_frame(image: Path) -> None:
    content = json.loads((image / ".zattrs").read_text())
    del content[OUR_RECORD]["frame"], content[OUR_RECORD]["made_from"]
    (image / ".zattrs").write_text(json.dumps(content))


@pytest.mark.parametrize("is_old", [False, True], ids=["", "record of an earlier release"])
def test_an_edited_reference_table_only_cuts_what_is_aligned(well: Path, is_old: bool) -> None:
    if is_old:
        for name in ("1", "0"):
            forget_the_frame(well / name)
    before = {name: read_levels(well / name)[0] for name in ("0", "1")}
    write_regions(well / "0", TABLE, {"FOV_1": {"y": (4.0, 8.0), "x": (5.0, 10.0)}})
    assert not is_up_to_date(plan(well / "1"))
    for name in ("1", "0"):
        register(well / name)
        cut = np.zeros_like(before[name])
        cut[4:12, 5:15] = before[name][4:12, 5:15]
        assert np.array_equal(read_levels(well / name)[0], cut)
        assert is_up_to_date(plan(well / name))


def test_a_region_that_is_left_out_is_cut_away(tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "plate.zarr", axes="yx", shape=(16, 32), levels=2, pixel_size=1.0)
    well = plate / "A" / "01"
    halves = {"FOV_1": {"x": (0.0, 16.0)}, "FOV_2": {"x": (16.0, 16.0)}}
    for name in ("0", "1"):
        write_regions(well / name, TABLE, halves)
    for name in ("1", "0"):
        register(well / name)
    write_regions(well / "0", TABLE, {"FOV_2": halves["FOV_2"]})
    register(well / "1")
    assert not read_levels(well / "1")[0][:, :16].any()


REACHING_OUT = {
    "moved": ({"FOV_1": {"y": (2.0, 10.0), "x": (5.0, 20.0)}}, r"'FOV_1' by 3 micrometers along x"),
    "larger": ({"FOV_1": {"y": (1.0, 12.0), "x": (2.0, 20.0)}}, r"by 2 micrometers along y"),
    "another": ({"FOV_2": {"y": (2.0, 10.0), "x": (2.0, 20.0)}}, r"'FOV_2' by the whole of it"),
}


@pytest.mark.parametrize("case", REACHING_OUT)
@pytest.mark.parametrize("name", ["0", "1"])
def test_what_was_cut_off_cannot_come_back(well: Path, case: str, name: str) -> None:
    regions, told = REACHING_OUT[case]
    write_regions(well / "0", TABLE, regions)
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match=f"cut to the regions.*{told}.*doctor --repair"):
        plan(well / name)
    assert digest_tree(well) == before


def test_an_aligned_image_is_not_moved_by_a_table_of_its_own(well: Path) -> None:
    write_regions(well / "1", TABLE, {"FOV_1": {"y": (2.0, 10.0), "x": (3.0, 20.0)}})
    for overwrite_input in (True, False):
        with pytest.raises(InvalidInputError, match="must not move a second time"):
            plan(well / "1", overwrite_input=overwrite_input)


def test_where_no_table_is_as_it_was_an_old_record_does_not_know_its_frame(well: Path) -> None:
    forget_the_frame(well / "1")
    for name in ("0", "1"):
        write_regions(well / name, TABLE, {"FOV_1": {"y": (4.0, 8.0), "x": (5.0, 10.0)}})
    with pytest.raises(InvalidInputError, match="by a release that kept no regions"):
        plan(well / "1")


def test_another_reference_is_taken_only_within_one_frame(well: Path) -> None:
    aligned = build_plan(well / "0", RegistrationRequest(TABLE, reference_acquisition=1))
    assert aligned.image.shifts[0].is_identity
    make_image(well / "2", axes="yx", shape=(16, 32), labels=(), pixel_size=1.0)
    add_image_to_well(well, "2", 2)
    write_regions(well / "2", TABLE, {"FOV_1": {"y": (2.0, 10.0), "x": (3.0, 20.0)}})
    with pytest.raises(InvalidInputError, match="to the frame of image '0', so it cannot be moved"):
        build_plan(well / "1", RegistrationRequest(TABLE, reference_acquisition=2))


def micrometers(least: float, most: float) -> st.SearchStrategy[float]:
    """Quarters of a pixel: no number is nearly another."""
    return st.integers(int(4 * least), int(4 * most)).map(lambda n: n / 4)


@settings(max_examples=40)
@given(
    y=micrometers(0, 8),
    x=micrometers(0, 20),
    height=micrometers(0.5, 12),
    width=micrometers(0.5, 24),
)
def test_whatever_the_reference_says_an_aligned_pixel_stays(
    finished: Path, y: float, x: float, height: float, width: float
) -> None:
    table = finished / "0" / "tables" / TABLE / "table.csv"
    before = table.read_text()
    header, row = before.replace('"', "").splitlines()
    values = dict(zip(header.split(","), row.split(","), strict=True))
    values |= {"y_micrometer": y, "x_micrometer": x}
    values |= {"len_y_micrometer": height, "len_x_micrometer": width}
    table.write_text(f"{header}\n{','.join(map(str, values.values()))}\n")
    inside = y >= 2 and y + height <= 12 and x >= 2 and x + width <= 22
    try:
        if inside:
            (shift,) = plan(finished / "1").image.shifts
            assert shift.is_identity
        else:
            with pytest.raises(InvalidInputError, match="cut to the regions"):
                plan(finished / "1")
    finally:
        table.write_text(before)


@pytest.fixture
def with_labels_behind(tmp_path: Path) -> Path:
    return finished_well(tmp_path / "plate.zarr", register_labels=False)


def test_labels_that_were_left_behind_cannot_be_moved_later(with_labels_behind: Path) -> None:
    image = with_labels_behind / "1"
    with pytest.raises(InvalidInputError, match="left the labels nuclei where they were"):
        plan(image)
    assert plan(image, register_labels=False).image.shifts[0].is_identity


def test_what_was_segmented_again_was_not_left_behind(with_labels_behind: Path) -> None:
    image = with_labels_behind / "1"
    write_levels(image / "labels/nuclei", label_pixels([16, 32], "uint32", 7), order="nearest")
    assert is_up_to_date(plan(image))
    add_label(image, "cells", label_pixels([16, 32], "uint32", 9), axes="yx", pixel_size=1.0)
    assert is_up_to_date(plan(image))


def test_what_was_removed_was_not_left_behind_and_another_name_is_no_excuse(
    with_labels_behind: Path,
) -> None:
    image = with_labels_behind / "1"
    add_label(image, "cells", label_pixels([16, 32], "uint32", 9), axes="yx", pixel_size=1.0)
    with pytest.raises(InvalidInputError, match="the labels nuclei where"):
        plan(image)
    shutil.rmtree(image / "labels/nuclei")
    (image / "labels/.zattrs").write_text('{"labels": ["cells"]}')
    assert is_up_to_date(plan(image))


def test_labels_stay_behind_when_the_image_is_cut_again(with_labels_behind: Path) -> None:
    well = with_labels_behind
    write_regions(well / "0", TABLE, {"FOV_1": {"y": (4.0, 8.0), "x": (5.0, 10.0)}})
    register(well / "1", register_labels=False)
    with pytest.raises(InvalidInputError, match="left the labels nuclei"):
        plan(well / "1")


def test_labels_count_as_left_behind_where_an_old_record_does_not_know_them(
    with_labels_behind: Path,
) -> None:
    image = with_labels_behind / "1"
    forget_the_frame(image)
    write_levels(image / "labels/nuclei", label_pixels([16, 32], "uint32", 7), order="nearest")
    with pytest.raises(InvalidInputError, match="left the labels nuclei"):
        plan(image)
    assert is_up_to_date(plan(image, register_labels=False))
