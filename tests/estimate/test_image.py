"""All regions of an image: channels by name, levels, edges, neighbours, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.estimate.image import estimate_image
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError, UncertainShiftError
from tests.estimate.wells import PIXEL, SIZE, STAIN, TABLE, make_well
from tests.plates import write_regions
from tests.trees import digest_tree

ZERO = [(0.0, 0.0)] * 3
SHIFTS = [(9.0, -7.0), (9.5, -6.5), (8.6, -7.3)]
FULL = EstimateOptions(wavelength_id=STAIN, level_path="0")


def options(**changed: Any) -> EstimateOptions:
    return replace(FULL, **changed)


@pytest.mark.parametrize("level", ["0", "1"])
def test_every_region_gets_its_own_shift_and_nothing_is_written(tmp_path: Path, level: str) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO, 1: SHIFTS})
    before = digest_tree(well)
    estimate = estimate_image(well / "1", options(level_path=level), workers=2)
    assert [region.name for region in estimate.regions] == ["FOV_1", "FOV_2", "FOV_3"]
    for region, truth in zip(estimate.regions, SHIFTS, strict=True):
        assert region.decision == "estimated"
        assert region.translation[0] == 0
        assert np.array(region.translation[1:]) / PIXEL == pytest.approx(truth, abs=0.2)
    assert digest_tree(well) == before


def test_a_level_that_says_the_pixels_of_the_finest_gives_the_same_shift(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    right = estimate_image(well / "1", options(level_path="1"))
    for image in (well / "0", well / "1"):
        metadata = image / ".zattrs"
        attributes = json.loads(metadata.read_text())
        first, coarser = attributes["multiscales"][0]["datasets"]
        coarser["coordinateTransformations"] = first["coordinateTransformations"]
        metadata.write_text(json.dumps(attributes))
    found = estimate_image(well / "1", options(level_path="1"))
    assert found.regions == right.regions
    assert f"{well / '1' / '1'}: its metadata says pixels of 0.5 x 0.5" in "".join(found.warnings)


def test_the_channel_is_found_by_name_or_else_by_label(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    by_wavelength = estimate_image(well / "1", FULL)
    by_label = estimate_image(well / "1", options(wavelength_id=f"label {STAIN}"))
    assert by_label.regions == by_wavelength.regions


def test_a_stain_that_one_acquisition_lacks_is_an_error_that_lists_what_is_there(
    tmp_path: Path,
) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    with pytest.raises(InvalidInputError, match=r"/0 has no channel .*'A03_C03'.*A01_C01.*A02_C02"):
        estimate_image(well / "1", options(wavelength_id="A03_C03"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"level_path": "7"}, "no pyramid level '7'; its levels are 0, 1"),
        ({"input_roi_table": "none"}, "no table 'none'; its tables are: FOV_ROI_table"),
        ({"reference_acquisition": 4}, "no image of acquisition 4"),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    with pytest.raises(InvalidInputError, match=said):
        estimate_image(well / "1", options(**changed))


def test_regions_that_start_elsewhere_are_measured_in_the_images_own_coordinates(
    tmp_path: Path,
) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    box = {"y": (4.0, 70.0), "x": (2.2, 70.0), "z": (0.0, 1.0)}
    write_regions(well / "0", TABLE, {"FOV_1": {**box, "y": (0.0, 75.3), "x": (5.1, 70.0)}})
    write_regions(well / "1", TABLE, {"FOV_1": box})
    (region,) = estimate_image(well / "1", FULL).regions
    assert np.array(region.translation[1:]) / PIXEL == pytest.approx(SHIFTS[0], abs=0.1)


def test_a_region_over_the_edge_is_cut_to_the_image(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    box = {"y": (-10.0, SIZE * PIXEL), "x": (10.0, SIZE * PIXEL), "z": (0.0, 1.0)}
    for name in "01":
        write_regions(well / name, TABLE, {"FOV_1": box})
    (region,) = estimate_image(well / "1", FULL).regions
    assert np.array(region.translation[1:]) / PIXEL == pytest.approx(SHIFTS[0], abs=0.1)


@pytest.mark.parametrize("name", ["0", "1"])
def test_a_region_outside_its_image_is_refused_by_name_and_place(tmp_path: Path, name: str) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    inside = {"y": (0.0, 80.0), "x": (0.0, 80.0), "z": (0.0, 1.0)}
    for each in "01":
        # Where the stage stood, as some converters write it.
        place = {**inside, "x": (5000.0, 80.0)} if each == name else inside
        write_regions(well / each, TABLE, {"FOV_1": inside, "FOV_2": place})
    said = rf"/{name}: region 'FOV_2' .* lies outside the image: .*x 5000 to 5080.*from .*x 0 to 80"
    with pytest.raises(InvalidInputError, match=said):
        estimate_image(well / "1", FULL)


def test_an_empty_field_gets_its_neighbours_shift_and_says_so(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO, 1: SHIFTS}, empty=[(0, 1), (1, 1)])
    regions = estimate_image(well / "1", FULL).regions
    assert [region.decision for region in regions] == [
        "estimated",
        "predicted +/- 4.2 px",
        "estimated",
    ]
    middle = np.median([SHIFTS[0], SHIFTS[2]], axis=0)
    assert np.array(regions[1].translation[1:]) / PIXEL == pytest.approx(middle, abs=0.2)
    assert regions[1].reason


def test_an_empty_field_is_refused_or_left_as_the_policy_says(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO, 1: SHIFTS}, empty=[(0, 1), (1, 1)])
    with pytest.raises(UncertainShiftError, match=r"region 'FOV_2'.*Nothing was written") as error:
        estimate_image(well / "1", options(on_low_confidence="fail"))
    assert "FOV_1" not in str(error.value)
    left = estimate_image(well / "1", options(on_low_confidence="zero")).regions[1]
    assert (left.decision, left.translation) == ("zero", (0.0, 0.0, 0.0))


def test_an_image_with_nothing_in_it_is_refused_by_default(tmp_path: Path) -> None:
    everything = [(a, f) for a in range(2) for f in range(3)]
    well = make_well(tmp_path / "p.zarr", {0: ZERO, 1: SHIFTS}, empty=everything)
    with pytest.raises(UncertainShiftError, match="no other field says"):
        estimate_image(well / "1", FULL)


def test_other_pixel_sizes_are_refused(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    metadata = well / "1" / ".zattrs"
    attributes = json.loads(metadata.read_text())
    for dataset in attributes["multiscales"][0]["datasets"]:
        dataset["coordinateTransformations"][0]["scale"][-1] *= 1.25
    metadata.write_text(json.dumps(attributes))
    with pytest.raises(InvalidInputError, match="resample one image"):
        estimate_image(well / "1", FULL)


def test_only_the_chosen_level_is_read(tmp_path: Path) -> None:
    well = make_well(tmp_path / "p.zarr", {0: ZERO[:1], 1: SHIFTS[:1]})
    for name in "01":
        for chunk in (well / name / "0").rglob("*"):
            if chunk.is_file() and not chunk.name.startswith("."):
                chunk.write_bytes(b"no chunk at all")
    (region,) = estimate_image(well / "1", options(level_path="1")).regions
    assert region.decision == "estimated"
