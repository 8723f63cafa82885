"""Tables follow what is cut: rows of erased objects go, rows are clipped to a smaller image."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tasks.plan.registration_plan import RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.storage.provenance import is_up_to_date
from tasks.survey.build import build_plan
from tasks.survey.listed_tables import read_table
from tests.plate_tables import Backend
from tests.plates import (
    NgffVersion,
    add_label,
    add_masking_table,
    make_image,
    make_plate,
    read_levels,
    write_regions,
)
from tests.registration import register
from tests.trees import digest_tree

PIXEL = 0.5
BACKENDS: tuple[Backend, ...] = ("anndata", "csv", "json", "parquet")
VERSIONS: tuple[NgffVersion, ...] = ("0.4", "0.5")
FRAME = {"FOV_1": {"y": (8.0, 12.0), "x": (4.0, 20.0)}}
"""Rows 16 to 40, columns 8 to 48."""

# First row, first column, rows, columns.
OBJECTS = {3: (20, 10, 4, 6), 5: (2, 2, 5, 5), 8: (36, 44, 10, 10), 9: (50, 60, 8, 8)}


def plate_with_objects(folder: Path, backend: Backend, version: NgffVersion) -> Path:
    well = make_plate(
        folder / "plate.zarr", shape=(1, 1, 64, 96), levels=1, labels=(), ngff_version=version
    )
    well = well / "A/01"
    for name in "01":
        write_regions(well / name, "registered", FRAME)
    pixels = np.zeros((64, 96), np.uint16)
    for number, (y, x, height, width) in OBJECTS.items():
        pixels[y : y + height, x : x + width] = number
    add_label(well / "0", "cells", pixels[None], axes="zyx", levels=1)
    boxes = {
        number: {"y": (y * PIXEL, h * PIXEL), "x": (x * PIXEL, w * PIXEL)}
        for number, (y, x, h, w) in OBJECTS.items()
    }
    add_masking_table(well / "0", "masks", "cells", boxes, backend=backend)
    return well


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_objects_that_the_cut_of_the_reference_erases_have_no_rows(
    tmp_path: Path, backend: Backend, version: NgffVersion
) -> None:
    well = plate_with_objects(tmp_path, backend, version)
    register(well / "0")
    left = np.unique(read_levels(well / "0/labels/cells")[0])
    frame = read_table(well / "0", "masks").content.dataframe
    assert set(frame.index) == set(left[left != 0]) == {3, 8}
    columns = ["y_micrometer", "len_y_micrometer", "x_micrometer", "len_x_micrometer"]
    assert frame.loc[3, columns].tolist() == [10.0, 2.0, 5.0, 3.0]
    # What is left of it: rows 36 to 40, columns 44 to 48.
    assert frame.loc[8, columns].tolist() == [18.0, 2.0, 22.0, 2.0]


def test_objects_stay_with_labels_that_stay(tmp_path: Path) -> None:
    well = plate_with_objects(tmp_path, "csv", "0.4")
    before = digest_tree(well / "0/tables/masks")
    register(well / "0", register_labels=False)
    assert digest_tree(well / "0/tables/masks") == before


def smaller(folder: Path, backend: Backend, version: NgffVersion) -> Path:
    """Make a well whose image 1 has 48 x 80 pixels, and the reference tables of its own size."""
    plate = make_plate(
        folder / "plate.zarr", shape=(1, 1, 64, 96), levels=1, labels=(), ngff_version=version
    )
    well = plate / "A/01"
    shutil.rmtree(well / "1")
    make_image(
        well / "1", axes="czyx", shape=(1, 1, 48, 80), levels=1, labels=(), ngff_version=version
    )
    for name in "01":
        write_regions(well / name, "registered", FRAME)
    write_regions(well / "0", "well", {"well": {}}, backend=backend)
    fields = {
        "FOV_1": {"y": (0.0, 20.0), "x": (0.0, 40.0)},
        "FOV_2": {"y": (24.5, 7.5), "x": (0.0, 40.0)},
    }
    write_regions(well / "0", "fields", fields, backend=backend)
    within = {"FOV_1": {"y": (0.0, 24.2), "x": (0.0, 40.0)}}
    write_regions(well / "0", "within", within, backend=backend)
    return well


def handling(plan: RegistrationPlan) -> dict[str, str]:
    return {table.name: table.handling for table in plan.tables}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_of_the_reference_are_cut_to_an_image_that_is_smaller(
    tmp_path: Path, backend: Backend, version: NgffVersion
) -> None:
    well = smaller(tmp_path, backend, version)
    whole = digest_tree(well / "0" / "tables" / "well")
    plan = register(well / "1")
    assert handling(plan) == {
        "registered": "copy",
        "well": "clip",
        "fields": "clip",
        # Less than half a pixel over the edge is a rounded number.
        "within": "copy",
    }
    columns = ["y_micrometer", "len_y_micrometer", "x_micrometer", "len_x_micrometer"]
    cut = read_table(well / "1", "well").content.dataframe
    assert cut.loc["well", columns].tolist() == [0.0, 24.0, 0.0, 40.0]
    fields = read_table(well / "1", "fields").content.dataframe
    assert list(fields.index) == ["FOV_1"]
    assert fields.loc["FOV_1", columns].tolist() == [0.0, 20.0, 0.0, 40.0]
    assert handling(build_plan(well / "0", RegistrationRequest("registered"))) == dict.fromkeys(
        ("registered", "well", "fields", "within"), "copy"
    )
    assert digest_tree(well / "0" / "tables" / "well") == whole


def test_a_well_whose_reference_has_rows_beyond_its_own_edge_is_finished_after_one_run(
    tmp_path: Path,
) -> None:
    well = smaller(tmp_path, "csv", "0.4")
    # The table of a stage that counts a border: cut in the reference, it would be another one.
    write_regions(well / "0", "well", {"well": {"y": (-2.0, 40.0), "x": (0.0, 55.0)}})
    before = digest_tree(well / "0/tables/well")
    for name in "10":
        register(well / name)
    assert digest_tree(well / "0/tables/well") == before
    for name in "10":
        assert is_up_to_date(build_plan(well / name, RegistrationRequest("registered")))


def test_a_broken_table_of_the_reference_is_carried_over_as_it_is(tmp_path: Path) -> None:
    well = smaller(tmp_path, "csv", "0.4")
    file = well / "0/tables/well/table.csv"
    file.write_text(file.read_text().replace("len_y_micrometer", "height"))
    plan = register(well / "1")
    assert handling(plan)["well"] == "copy"
    assert (well / "1/tables/well/table.csv").read_text() == file.read_text()


def test_the_frame_itself_is_the_same_in_all_images(tmp_path: Path) -> None:
    well = smaller(tmp_path, "csv", "0.4")
    for name in "01":
        write_regions(well / name, "registered", {"FOV_1": {"y": (0.0, 32.0), "x": (0.0, 48.0)}})
    plan = build_plan(well / "1", RegistrationRequest("registered"))
    assert (handling(plan)["registered"], handling(plan)["well"]) == ("copy", "clip")
