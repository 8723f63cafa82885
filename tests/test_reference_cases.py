"""fractal-tasks-core's own cases for applying a registration, in our words.

Its tests (`tests/tasks/test_registration_pipeline_task.py`, the parts about
`apply_registration_to_image`) move a bright square by 4 rows and 8 columns, let its first two
tasks find the regions, and apply them. Here the regions are what those tasks find.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ngio import open_ome_zarr_container, open_ome_zarr_well

from tasks.plan.errors import InvalidInputError
from tests.plates import (
    Array,
    Box,
    add_feature_table,
    add_image_to_well,
    add_label,
    add_masking_table,
    make_image,
    make_plate,
    read_levels,
    write_levels,
    write_regions,
)
from tests.registration import register
from tests.trees import digest_tree

PIXEL_SIZE = 0.325
SHIFT = (4, 8)
SQUARE = (slice(20, 30), slice(20, 30))
MOVED_SQUARE = (slice(24, 34), slice(28, 38))

CONSENSUS: dict[str, Box] = {"image": {"y": (0.0, 19.5), "x": (0.0, 18.2)}}
MOVED_CONSENSUS: dict[str, Box] = {"image": {"y": (1.3, 19.5), "x": (2.6, 18.2)}}
"""64 pixels of 0.325 micrometers less the shift: what every acquisition has seen."""

OVERLAP = (slice(0, 60), slice(0, 56))

AXES = {"yx": (64, 64), "zyx": (4, 64, 64), "cyx": (1, 64, 64), "tyx": (1, 64, 64)} | {
    "tzyx": (1, 4, 64, 64),
    "czyx": (1, 1, 64, 64),
}


def make_multiplexed_well(
    folder: Path, axes: str = "czyx", shape: tuple[int, ...] = (1, 1, 64, 64)
) -> Path:
    """Write two acquisitions of a bright square, the second moved, with registered tables."""
    plate = make_plate(
        folder / "multiplex.zarr", axes=axes, shape=shape, pixel_size=PIXEL_SIZE, labels=()
    )
    well = plate / "A" / "01"
    for name, square, regions in (
        ("0", SQUARE, CONSENSUS),
        ("1", MOVED_SQUARE, MOVED_CONSENSUS),
    ):
        write_levels(well / name, with_square(shape, square))
        write_regions(well / name, "FOV_ROI_table", {"image": {}})
        write_regions(well / name, "registered_FOV_ROI_table", regions, backend="anndata")
    return well


def with_square(shape: tuple[int, ...], *squares: tuple[slice, slice]) -> Array:
    """Return a dark image with bright squares of 10 by 10 pixels in every plane."""
    pixels = np.zeros(shape, dtype=np.uint16)
    for square in squares:
        pixels[(..., *square)] = 1000
    return pixels


def finest(image: Path) -> Array:
    """Return the finest level."""
    return read_levels(image)[0]


@pytest.mark.parametrize(("axes", "shape"), AXES.items())
def test_a_moved_square_comes_to_lie_on_the_reference(
    axes: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    well = make_multiplexed_well(tmp_path, axes, shape)
    register(well / "1", registered_roi_table="registered_FOV_ROI_table")
    np.testing.assert_array_equal(finest(well / "1"), finest(well / "0"))
    assert finest(well / "1")[(..., *SQUARE)].all()


def test_two_fields_of_view_land_on_their_own_place(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    half = 32 * PIXEL_SIZE
    for name, (down, right) in (("0", (0, 0)), ("1", SHIFT)):
        squares = [
            (slice(top + down, top + down + 10), slice(10 + right, 20 + right)) for top in (10, 42)
        ]
        write_levels(well / name, with_square((1, 1, 64, 64), *squares))
        y, x = down * PIXEL_SIZE, right * PIXEL_SIZE
        length = {"y": half - SHIFT[0] * PIXEL_SIZE, "x": (64 - SHIFT[1]) * PIXEL_SIZE}
        write_regions(
            well / name,
            "registered_FOV_ROI_table",
            {
                "FOV_1": {"y": (y, length["y"]), "x": (x, length["x"])},
                "FOV_2": {"y": (half + y, length["y"]), "x": (x, length["x"])},
            },
        )
    register(well / "1", registered_roi_table="registered_FOV_ROI_table")
    np.testing.assert_array_equal(finest(well / "1"), finest(well / "0"))
    assert finest(well / "1").any(axis=(0, 1, 3)).sum() == 20


def test_overwriting_leaves_one_image_with_the_tables_of_both(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    add_feature_table(well / "1", "example_feature_table", "nuclei", numbers=[1], backend="anndata")
    plan = register(well / "1", registered_roi_table="registered_FOV_ROI_table")
    assert plan.output_path == well / "1"
    assert sorted(path.name for path in well.iterdir() if path.name[0] not in ".z") == ["0", "1"]
    image = open_ome_zarr_container(well / "1", mode="r")
    assert set(image.list_tables()) == {
        "FOV_ROI_table",
        "registered_FOV_ROI_table",
        "example_feature_table",
    }
    region = image.get_roi_table("registered_FOV_ROI_table").get("image")
    assert region["y"].start == 0.0
    features = image.get_feature_table("example_feature_table").dataframe
    assert features.index.tolist() == [1]
    assert set(features.columns) == {"area", "mean_intensity", "cells"}
    overlap = (0, 0, *OVERLAP)
    np.testing.assert_array_equal(finest(well / "1")[overlap], finest(well / "0")[overlap])


def test_writing_beside_keeps_the_original_and_lists_the_result(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    before = digest_tree(well / "1")
    plan = register(
        well / "1", registered_roi_table="registered_FOV_ROI_table", overwrite_input=False
    )
    assert plan.output_path == well / "1_registered"
    assert digest_tree(well / "1") == before
    np.testing.assert_array_equal(finest(well / "1_registered"), finest(well / "0"))
    described = open_ome_zarr_well(well, mode="r")
    assert described.paths() == ["0", "1", "1_registered"]
    assert described.get_image_acquisition_id("1_registered") == 1


def test_the_reference_itself_is_cut_to_its_regions(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    bright = np.full((1, 1, 64, 64), 7, dtype=np.uint16)
    write_levels(well / "0", bright)
    register(well / "0", registered_roi_table="registered_FOV_ROI_table")
    expected = np.zeros_like(bright)
    expected[0, 0, *OVERLAP] = 7
    np.testing.assert_array_equal(finest(well / "0"), expected)


def test_labels_and_their_masking_table_move_along(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    label = with_square((1, 64, 64), MOVED_SQUARE).astype(np.uint32) // 1000
    add_label(well / "1", "segmentation", label, axes="zyx", pixel_size=PIXEL_SIZE)
    box = {"y": (24 * PIXEL_SIZE, 10 * PIXEL_SIZE), "x": (28 * PIXEL_SIZE, 10 * PIXEL_SIZE)}
    add_masking_table(well / "1", "masking_roi_table", "segmentation", {1: box}, backend="anndata")
    register(well / "1", registered_roi_table="registered_FOV_ROI_table")
    moved = finest(well / "1" / "labels" / "segmentation")
    np.testing.assert_array_equal(moved, with_square((1, 64, 64), SQUARE) // 1000)
    # The reference system copies this table as it is; here it follows the pixels.
    table = open_ome_zarr_container(well / "1", mode="r").get_masking_roi_table("masking_roi_table")
    roi = table.get_label(1)
    assert roi["y"].start == pytest.approx(20 * PIXEL_SIZE)
    assert roi["x"].start == pytest.approx(20 * PIXEL_SIZE)
    assert roi["x"].length == pytest.approx(10 * PIXEL_SIZE)


@pytest.mark.parametrize(
    ("image", "references", "chosen"),
    [
        pytest.param("1_illum_corr", ("0", "0_illum_corr"), "0_illum_corr", id="same suffix"),
        pytest.param("1", ("0", "0_illum_corr"), "0", id="no suffix"),
        pytest.param("1_baz", ("0_foo", "0_bar"), "0_bar", id="none fits: first in sorted order"),
    ],
)
def test_one_of_several_references_is_chosen_by_suffix(
    image: str, references: tuple[str, str], chosen: str, tmp_path: Path
) -> None:
    well = make_plate(tmp_path / "plate.zarr", acquisitions=(2,), labels=()) / "A" / "01"
    for name, acquisition in ((image, 1), *((name, 0) for name in references)):
        make_image(well / name, labels=())
        write_regions(well / name, "registered", {"well": {}})
        add_image_to_well(well, name, acquisition)
    plan = register(well / image)
    assert plan.reference_path.name == chosen
    assert any(chosen in warning for warning in plan.warnings)


def test_an_unknown_acquisition_names_those_there_are(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    with pytest.raises(InvalidInputError, match="0, 1"):
        register(
            well / "1", registered_roi_table="registered_FOV_ROI_table", reference_acquisition=5
        )


def test_a_region_that_only_the_reference_has_is_named(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    write_regions(well / "0", "registered_FOV_ROI_table", {"FOV_A": {}, "image": {}})
    with pytest.raises(InvalidInputError, match="FOV_A"):
        register(well / "1", registered_roi_table="registered_FOV_ROI_table")


def test_a_missing_registered_table_names_the_image_and_the_steps_before(tmp_path: Path) -> None:
    well = make_multiplexed_well(tmp_path)
    with pytest.raises(InvalidInputError, match=r"(?i)consensus") as raised:
        register(well / "1", registered_roi_table="nothing")
    assert str(well / "1") in str(raised.value) or str(well / "0") in str(raised.value)
