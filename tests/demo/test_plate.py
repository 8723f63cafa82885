from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from ngio import open_ome_zarr_container, open_ome_zarr_plate

from tasks.demo.comparing import compare_with_reference
from tasks.demo.layout import ACQUISITIONS, PIXEL_SIZE, WELLS, fields, registered_fields
from tasks.demo.plate import write_plate

IMAGES = [(well, acquisition) for well in WELLS for acquisition in ACQUISITIONS]


def finest(image: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(image / "0", mode="r")[...])


@pytest.mark.parametrize(("well", "acquisition"), IMAGES)
def test_ngio_reads_each_image_whole(demo_plate: Path, well: str, acquisition: int) -> None:
    plate = open_ome_zarr_plate(demo_plate, mode="r")
    assert plate.acquisition_ids == list(ACQUISITIONS)
    row, column = well.split("/")
    image = plate.get_well(row, column).get_image(str(acquisition))
    assert image.get_image().shape == (3, 1, 1080, 1280)
    assert image.get_image().dtype == "uint16"
    assert image.level_paths == ["0", "1", "2", "3"]
    assert image.channel_labels[0] == "DAPI"
    assert image.list_labels() == ["nuclei"]
    assert {name: image.get_table(name).table_type() for name in image.list_tables()} == {
        "FOV_ROI_table": "roi_table",
        "well_ROI_table": "roi_table",
        "nuclei_ROI_table": "masking_roi_table",
        "nuclei_features": "feature_table",
    }


@pytest.mark.parametrize(("well", "acquisition"), IMAGES)
def test_the_plate_knows_its_fields_and_nothing_of_their_shifts(
    demo_plate: Path, well: str, acquisition: int
) -> None:
    image = open_ome_zarr_container(demo_plate / well / str(acquisition), mode="r")
    table = image.get_roi_table("FOV_ROI_table")
    assert [column for column in table.dataframe.columns if "translation" in column] == []
    rois = table.rois()
    assert [roi.name for roi in rois] == list(fields())
    for roi in rois:
        field = fields()[roi.name or ""]
        for number, axis in enumerate("yx"):
            assert roi[axis].start == pytest.approx(field.start[number] * PIXEL_SIZE)
            assert roi[axis].length == pytest.approx(field.shape[number] * PIXEL_SIZE)


@pytest.mark.parametrize("well", WELLS)
@pytest.mark.parametrize("acquisition", ACQUISITIONS[1:])
def test_true_shift_is_the_best_one(demo_plate: Path, well: str, acquisition: int) -> None:
    # Found in the pixels alone: the peak of the phase correlation, which knows of no table.
    reference, moved = (
        finest(demo_plate / well / str(n))[0, 0].astype(float) for n in (0, acquisition)
    )
    for name, field in fields().items():
        there = registered_fields(well, 0)[name]
        here = registered_fields(well, acquisition)[name]
        expected = tuple(t - h for t, h in zip(there.start, here.start, strict=True))
        spectrum = np.fft.rfft2(reference[field.slices]) * np.conj(
            np.fft.rfft2(moved[field.slices])
        )
        peak = np.fft.irfft2(spectrum / np.abs(spectrum), s=field.shape)
        found = np.unravel_index(np.argmax(peak), peak.shape)
        wrapped = tuple(
            int(at) - size if at > size // 2 else int(at)
            for at, size in zip(found, field.shape, strict=True)
        )
        assert wrapped == expected


@pytest.mark.parametrize(("well", "acquisition"), IMAGES)
def test_masking_table_and_features_describe_the_label(
    demo_plate: Path, well: str, acquisition: int
) -> None:
    path = demo_plate / well / str(acquisition)
    label = finest(path / "labels" / "nuclei")[0]
    pixels = finest(path)[:, 0]
    image = open_ome_zarr_container(path, mode="r")
    boxes = {
        roi.get_label() if hasattr(roi, "get_label") else roi.label: roi
        for roi in image.get_masking_roi_table("nuclei_ROI_table").rois()
    }
    features = image.get_feature_table("nuclei_features").dataframe
    numbers = [int(number) for number in np.unique(label) if number]
    assert sorted(boxes) == numbers == sorted(features.index)
    for number in numbers[::37]:
        inside = label == number
        for axis, at in zip("yx", np.nonzero(inside), strict=True):
            assert boxes[number][axis].start == pytest.approx(at.min() * PIXEL_SIZE)
            assert boxes[number][axis].length == pytest.approx((np.ptp(at) + 1) * PIXEL_SIZE)
        row = features.loc[number]
        assert row["area_um2"] == pytest.approx(inside.sum() * PIXEL_SIZE**2)
        assert row["mean_DAPI"] == pytest.approx(pixels[0][inside].mean())


def test_nuclei_keep_their_numbers_from_acquisition_to_acquisition(demo_plate: Path) -> None:
    for well, acquisition in IMAGES:
        reference, moved = (
            finest(demo_plate / well / str(n) / "labels" / "nuclei")[0] for n in (0, acquisition)
        )
        for name, there in registered_fields(well, 0).items():
            here = registered_fields(well, acquisition)[name]
            np.testing.assert_array_equal(reference[there.slices], moved[here.slices])


def test_images_disagree_until_the_plate_is_registered(demo_plate: Path) -> None:
    agreement = compare_with_reference(demo_plate)
    assert set(agreement) == {image for image in IMAGES if image[1] != 0}
    assert all(value < 0.2 for value in agreement.values()), agreement


def test_each_plate_is_the_same_byte_for_byte(
    demo_plate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One well for all: the one with the most troubles.
    monkeypatch.setattr("tasks.demo.plate.ALL_WELLS", ("C/03",))
    write_plate(tmp_path / demo_plate.name)
    again, before = tmp_path / demo_plate.name / "C" / "03", demo_plate / "C" / "03"
    files = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(before) for path in before.rglob("*") if path.is_file())
    differing = [
        str(file) for file in files if (again / file).read_bytes() != (before / file).read_bytes()
    ]
    assert differing == []
