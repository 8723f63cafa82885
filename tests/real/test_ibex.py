from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from ngio import open_ome_zarr_container

from tasks.plan.window import Interpolation
from tests.plates import read_levels, write_regions
from tests.real.known_shift import (
    TABLE,
    KnownShift,
    assert_same_levels,
    channel,
    correlation,
    moved_by_slicing,
)
from tests.real.shared_data import copy_of
from tests.registration import register


@pytest.fixture
def ibex(tmp_path: Path) -> KnownShift:
    well = copy_of("ibex.zarr", tmp_path) / "A/01"
    # Found in either marker: (-0.3, -15.0, -14.8) pixels along z, y and x.
    plate = KnownShift(well / "0", well / "1", translation=(0, -15, -15))
    plate.write_tables()
    return plate


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["overwrite", "beside"])
def test_cycles_with_other_channels_and_planes_come_to_agree(
    ibex: KnownShift, overwrite_input: bool
) -> None:
    assert read_levels(ibex.reference)[0].shape == (6, 19, 100, 100)
    assert read_levels(ibex.acquisition)[0].shape == (7, 16, 100, 100)
    there, here = ibex.overlap()
    markers = ("JOJO", "CD4_AF594")
    images = (ibex.reference, ibex.acquisition)
    originals = {marker: [channel(image, marker) for image in images] for marker in markers}
    expected = {
        image: moved_by_slicing(read_levels(image), there, region, nearest=False)
        for image, region in ((ibex.acquisition, here), (ibex.reference, there))
    }

    outputs = {
        image: register(
            image, registered_roi_table=TABLE, overwrite_input=overwrite_input
        ).output_path
        for image in expected
    }

    for image, pixels in expected.items():
        assert_same_levels(read_levels(outputs[image]), pixels)
    for marker, (reference, moving) in originals.items():
        before = correlation(reference[there], moving[there])
        sliced = correlation(reference[there], moving[here])
        after = correlation(*(channel(outputs[image], marker)[there] for image in images))
        numbers = f"{marker}: {before:.3f} before, {after:.3f} after, {sliced:.3f} by plain slicing"
        assert before < sliced - 0.5, numbers
        assert abs(after - sliced) <= 0.02, numbers


def test_fractions_of_a_pixel_bring_the_cycles_closer(ibex: KnownShift) -> None:
    size = open_ome_zarr_container(ibex.reference, mode="r").get_image().pixel_size
    step, shift = (size.z, size.y, size.x), (-0.3, -15.0, -14.8)
    for image, moved in ((ibex.reference, (0, 0, 0)), (ibex.acquisition, shift)):
        box = {
            axis: (-by * pixel, length * pixel)
            for axis, by, pixel, length in zip("zyx", moved, step, (15, 80, 80), strict=True)
        }
        write_regions(image, TABLE, {"FOV_1": box})
    inner = (slice(2, 13), slice(3, 77), slice(3, 77))
    found: dict[str, list[float]] = {"JOJO": [], "CD4_AF594": []}
    for kind in get_args(Interpolation):
        output = register(
            ibex.acquisition, registered_roi_table=TABLE, overwrite_input=False, interpolation=kind
        ).output_path
        for marker, agreement in found.items():
            reference = channel(ibex.reference, marker)[inner]
            agreement.append(correlation(reference, channel(output, marker)[inner]))
    for marker, (none, linear, cubic) in found.items():
        numbers = f"{marker}: {none:.3f} whole, {linear:.3f} linear, {cubic:.3f} cubic"
        assert min(linear, cubic) > none + 0.03, numbers
