"""The raw demo plate, registered by the plain functions: each field moved by its true shift."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from ngio import open_ome_zarr_container

from tasks.demo.comparing import compare_with_reference
from tasks.demo.layout import ACQUISITIONS, PIXEL_SIZE, registered_fields
from tasks.demo.panels import NUCLEI
from tasks.estimate.options import EstimateOptions
from tests.registration import register_raw

WELL = "B/02"


def finest(image: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(image / "0", mode="r")[...])


@pytest.fixture(scope="module")
def registered(demo_plate: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plate = tmp_path_factory.mktemp("registered") / demo_plate.name
    shutil.copytree(demo_plate, plate)
    register_raw(plate / WELL, EstimateOptions(wavelength_id=NUCLEI.wavelength), "1", "2")
    return plate


def test_images_agree_as_well_as_plain_slicing_makes_them(
    demo_plate: Path, registered: Path
) -> None:
    agreement = compare_with_reference(registered)
    windows = registered_fields(WELL, 0)
    reference = finest(demo_plate / WELL / "0")[0, 0]
    for acquisition in ACQUISITIONS[1:]:
        moving = finest(demo_plate / WELL / str(acquisition))[0, 0]
        pairs = [
            (reference[windows[name].slices].ravel(), moving[window.slices].ravel())
            for name, window in registered_fields(WELL, acquisition).items()
        ]
        sliced = np.corrcoef(*(np.concatenate(side) for side in zip(*pairs, strict=True)))[0, 1]
        assert sliced > 0.95
        assert agreement[WELL, acquisition] == pytest.approx(sliced, abs=1e-9)


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
def test_every_pixel_is_where_slicing_puts_it(
    demo_plate: Path, registered: Path, acquisition: int
) -> None:
    for path in (Path(), Path("labels/nuclei")):
        source = finest(demo_plate / WELL / str(acquisition) / path)
        found = finest(registered / WELL / str(acquisition) / path)
        elsewhere = np.ones(found.shape[-2:], dtype=bool)
        for name, window in registered_fields(WELL, acquisition).items():
            target = registered_fields(WELL, 0)[name]
            np.testing.assert_array_equal(
                found[(..., *target.slices)], source[(..., *window.slices)]
            )
            # An estimate is off by a hundredth of a pixel, and windows are rounded outward.
            ring = (
                slice(max(0, a - 1), b + 1) for a, b in zip(target.start, target.stop, strict=True)
            )
            elsewhere[tuple(ring)] = False
        assert elsewhere.any()
        assert not found[..., elsewhere].any()


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
def test_nuclei_lie_in_the_boxes_of_their_table(registered: Path, acquisition: int) -> None:
    path = registered / WELL / str(acquisition)
    label = finest(path / "labels" / "nuclei")[0]
    table = open_ome_zarr_container(path, mode="r").get_masking_roi_table("nuclei_ROI_table")
    boxes = {roi.label: roi for roi in table.rois()}
    inside = np.zeros_like(label, dtype=bool)
    for window in registered_fields(WELL, 0).values():
        # A nucleus that the edge may have cut can be smaller than its box, which was cut too.
        inside[
            tuple(slice(a + 1, b - 1) for a, b in zip(window.start, window.stop, strict=True))
        ] = True
    cut = set(np.unique(label[~inside]))
    numbers = [int(number) for number in np.unique(label) if number]
    assert len(numbers) > 200
    assert set(numbers) <= set(boxes)
    for number in numbers[::3]:
        for axis, at in zip("yx", np.nonzero(label == number), strict=True):
            first, stop = (
                round(edge / PIXEL_SIZE)
                for edge in (boxes[number][axis].start, boxes[number][axis].end)
            )
            if number in cut:
                assert first <= at.min()
                assert at.max() < stop
            else:
                assert (first, stop) == (at.min(), at.max() + 1)
