from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ngio import open_ome_zarr_container

from tests.plates import read_levels
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

DAPI = "A04_C01"
LABEL = "labels/organoids"


@pytest.fixture
def organoid(tmp_path: Path) -> KnownShift:
    well = copy_of("organoid.zarr", tmp_path) / "C/02"
    # Found over the well by phase correlation: (29.2, -70.0) pixels along y and x.
    plate = KnownShift(well / "0", well / "1", translation=(0, 29, -70))
    plate.write_tables()
    return plate


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["overwrite", "beside"])
def test_organoids_of_both_cycles_come_to_agree(
    organoid: KnownShift, overwrite_input: bool
) -> None:
    there, here = organoid.overlap()
    reference, moving = (
        channel(image, DAPI) for image in (organoid.reference, organoid.acquisition)
    )
    sliced = correlation(reference[there], moving[here])
    before = correlation(reference[there], moving[there])
    expected = {
        image: (
            moved_by_slicing(read_levels(image), there, region, nearest=False),
            moved_by_slicing(read_levels(image / LABEL), there, region, nearest=True),
        )
        for image, region in ((organoid.acquisition, here), (organoid.reference, there))
    }

    # The reference goes last, as in the flow over a well.
    outputs = {
        image: register(
            image, registered_roi_table=TABLE, overwrite_input=overwrite_input
        ).output_path
        for image in expected
    }

    for image, (pixels, label) in expected.items():
        assert_same_levels(read_levels(outputs[image]), pixels)
        assert_same_levels(read_levels(outputs[image] / LABEL), label)
    after = correlation(
        channel(outputs[organoid.reference], DAPI)[there],
        channel(outputs[organoid.acquisition], DAPI)[there],
    )
    numbers = f"DAPI: {before:.3f} before, {after:.3f} after, {sliced:.3f} by plain slicing"
    assert before < sliced - 0.5, numbers
    assert abs(after - sliced) <= 0.02, numbers


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["overwrite", "beside"])
def test_masking_table_follows_the_label(organoid: KnownShift, overwrite_input: bool) -> None:
    original = read_levels(organoid.acquisition / LABEL)[0]
    output = register(
        organoid.acquisition, registered_roi_table=TABLE, overwrite_input=overwrite_input
    ).output_path
    label = read_levels(output / LABEL)[0]
    container = open_ome_zarr_container(output, mode="r")
    size = container.get_image().pixel_size
    table = container.get_masking_roi_table("organoids_ROI_table")
    assert table.reference_label == "organoids"
    boxes = {roi.label: roi for roi in table.rois()}

    numbers = [int(number) for number in np.unique(label) if number]
    assert sorted(number for number in boxes if number is not None) == numbers
    whole = [n for n in numbers if (label == n).sum() == (original == n).sum()]
    assert whole, "no organoid lies in the common region as a whole"
    for number in whole:
        for axis, step, at in zip(
            "yx", (size.y, size.x), np.nonzero(label == number)[1:], strict=True
        ):
            assert boxes[number][axis].start == pytest.approx(at.min() * step)
            assert boxes[number][axis].length == pytest.approx((np.ptp(at) + 1) * step)
    for number in set(numbers) - set(whole):
        # Cut by the common region's edge: its table row is cut there too.
        for axis, step, at in zip(
            "yx", (size.y, size.x), np.nonzero(label == number)[1:], strict=True
        ):
            assert boxes[number][axis].start <= at.min() * step + 1e-6
            assert boxes[number][axis].end >= (at.max() + 1) * step - 1e-6
