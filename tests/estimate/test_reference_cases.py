"""fractal-tasks-core's own cases for finding shifts and their consensus, in our words.

Its tests (`tests/tasks/test_registration_pipeline_task.py` and `test_unit_registration_*.py`, the
parts before `apply_registration_to_image`) move a bright square by 4 rows and 8 columns. One
object is no proof to us: it is found, and refused. Where a shift has to be trusted, the square is
here a tissue that fills the image.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tasks.estimate.candidate import Limits
from tasks.estimate.columns import TRANSLATIONS, write_columns
from tasks.estimate.consensus import find_consensus, write_consensus
from tasks.estimate.image import estimate_image
from tasks.estimate.images import group_images
from tasks.estimate.match import match_region
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError, UncertainShiftError
from tasks.survey.listed_tables import list_tables, read_table
from tasks.survey.regions import read_regions
from tests.estimate.samples import random, tissue
from tests.plate_tables import Box, write_regions
from tests.plates import Array, make_plate, read_levels, write_levels
from tests.registration import register_raw

PIXEL = 0.325
TABLE = "FOV_ROI_table"
REGISTERED = "FOV_ROI_table_registered"
SHIFT = (4, 8)
"""Rows and columns by which acquisition 1 is moved; its translation to the reference is less."""

SIZE = 128
AXES = {"yx": (SIZE, SIZE), "czyx": (1, 1, SIZE, SIZE), "tzyx": (1, 4, SIZE, SIZE)}
OPTIONS = EstimateOptions(wavelength_id="channel 0", level_path="0")


def sample(shape: tuple[int, ...], *, planes: int = 1) -> Array:
    """Return tissue of `planes` planes, or the same in all planes, on a torus; without noise."""
    grown = tissue((planes, shape[-2] + 64, shape[-1] + 64), random(31))
    grown = np.rint(1000 * grown).astype(np.uint16)
    shown = shape[-3] if len(shape) > 2 else 1
    return np.broadcast_to(grown, (max(planes, shown), *grown.shape[1:]))


def seen(grown: Array, shape: tuple[int, ...], shift: tuple[int, ...]) -> Array:
    """Return what an image shows whose content lies `shift` (z, y, x) further on."""
    moved = np.roll(grown, shift, axis=(0, 1, 2))[:, 32 : 32 + shape[-2], 32 : 32 + shape[-1]]
    return np.ascontiguousarray(moved.reshape(shape))


def make_well(
    folder: Path,
    axes: str = "czyx",
    shape: tuple[int, ...] = (1, 1, SIZE, SIZE),
    shift: tuple[int, int, int] = (0, *SHIFT),
    *,
    planes: int = 1,
    acquisitions: tuple[int, ...] = (0, 1),
    fields: dict[str, Box] | None = None,
) -> Path:
    plate = make_plate(
        folder / "multiplex.zarr",
        axes=axes,
        shape=shape,
        pixel_size=PIXEL,
        labels=(),
        acquisitions=acquisitions,
    )
    well = plate / "A" / "01"
    grown = sample(shape, planes=planes)
    for acquisition in acquisitions:
        moved = shift if acquisition else (0, 0, 0)
        write_levels(well / str(acquisition), seen(grown, shape, moved))
        write_regions(well / str(acquisition), TABLE, fields or {"image": {}}, backend="anndata")
    return well


def translations(image: Path) -> np.ndarray:
    frame = read_table(image, TABLE).content.dataframe
    return np.asarray(frame[list(TRANSLATIONS)], dtype=float)


def test_every_image_but_the_reference_is_estimated_against_it(tmp_path: Path) -> None:
    well = make_well(tmp_path, acquisitions=(0, 1, 2))
    ((group,), _) = group_images(well, input_roi_table=TABLE, reference_acquisition=0)
    assert group.reference == well / "0"
    assert group.others == (well / "1", well / "2")


def test_a_well_without_the_reference_acquisition_is_an_error(tmp_path: Path) -> None:
    well = make_well(tmp_path, acquisitions=(1,))
    with pytest.raises(InvalidInputError, match="acquisition 0"):
        group_images(well, input_roi_table=TABLE, reference_acquisition=0)


def test_the_lone_square_is_found_and_not_trusted() -> None:
    frames = []
    for down, right in ((0, 0), SHIFT):
        frame = np.zeros((1, 64, 64), dtype=np.uint16)
        frame[0, 20 + down : 30 + down, 20 + right : 30 + right] = 1000
        frames.append(frame)
    match = match_region(*frames, Limits())
    assert np.array(match.shift[1:]) == pytest.approx(-np.array(SHIFT), abs=0.1)
    assert any("separate place" in doubt or "one object" in doubt for doubt in match.doubts)


def test_translations_are_stored_in_micrometers_and_the_reference_has_none(tmp_path: Path) -> None:
    well = make_well(tmp_path)
    write_columns(estimate_image(well / "1", OPTIONS), "made in a test")
    assert translations(well / "1") == pytest.approx(np.array([[0, -1.3, -2.6]]), abs=0.05)
    assert not set(TRANSLATIONS) & set(read_table(well / "0", TABLE).content.dataframe.columns)


def test_a_shift_along_z_is_found(tmp_path: Path) -> None:
    # Planes are 1 micrometer apart at every level.
    well = make_well(tmp_path, shape=(1, 16, SIZE, SIZE), shift=(2, 0, 0), planes=16)
    write_columns(estimate_image(well / "1", OPTIONS), "made in a test")
    assert translations(well / "1") == pytest.approx(np.array([[-2, 0, 0]]), abs=0.1)


@pytest.mark.parametrize(("axes", "shape"), AXES.items())
def test_all_axes_end_up_the_same_in_both_images(
    axes: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    well = make_well(tmp_path, axes, shape)
    register_raw(well, OPTIONS, "1")
    reference, moved = (read_levels(well / name)[0] for name in "01")
    np.testing.assert_array_equal(moved, reference)
    overlap = (slice(0, SIZE - SHIFT[0]), slice(0, SIZE - SHIFT[1]))
    # An estimate is off by less than a hundredth of a pixel; its window is rounded outward.
    assert np.count_nonzero(reference) >= np.count_nonzero(
        seen(sample(shape), shape, (0, 0, 0))[(..., *overlap)]
    )


@pytest.mark.parametrize(("axes", "shape"), [("tyx", (2, 64, 64)), ("tczyx", (2, 1, 1, 64, 64))])
def test_several_time_points_are_refused(axes: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    well = make_plate(tmp_path / "series.zarr", axes=axes, shape=shape, labels=()) / "A" / "01"
    for name in "01":
        write_regions(well / name, TABLE, {"image": {}})
    with pytest.raises(InvalidInputError, match="2 time points"):
        estimate_image(well / "1", OPTIONS)


def test_each_field_gets_its_own_shift(tmp_path: Path) -> None:
    half = SIZE * PIXEL
    boxes: dict[str, Box] = {
        "FOV_1": {"y": (0.0, half), "x": (0.0, half)},
        "FOV_2": {"y": (half, half), "x": (0.0, half)},
    }
    shape = (1, 1, 2 * SIZE, SIZE)
    well = make_well(tmp_path, shape=shape, fields=boxes)
    shifts = [(0, 0, 0), (0, *SHIFT)], [(0, 0, 0), (0, -6, 3)]
    grown = sample((1, 1, SIZE, SIZE))
    for number, name in enumerate("01"):
        fields = [
            seen(part, (1, 1, SIZE, SIZE), by[number])
            for part, by in zip((grown, grown[:, ::-1]), shifts, strict=True)
        ]
        write_levels(well / name, np.concatenate(fields, axis=2))
    write_columns(estimate_image(well / "1", OPTIONS), "made in a test")
    expected = np.array([[0, -4, -8], [0, 6, -3]]) * PIXEL
    assert translations(well / "1") == pytest.approx(expected, abs=0.05)


def test_images_of_unequal_shape_are_compared_where_they_overlap(tmp_path: Path) -> None:
    # The reference system refuses them.
    well = make_well(tmp_path)
    less = {"y": (0.0, 96 * PIXEL), "x": (0.0, 100 * PIXEL)}
    write_regions(well / "1", TABLE, {"image": less}, backend="anndata")
    write_columns(estimate_image(well / "1", OPTIONS), "made in a test")
    assert translations(well / "1") == pytest.approx(np.array([[0, -1.3, -2.6]]), abs=0.05)


def test_the_consensus_is_cut_by_the_shift_and_lies_where_the_shift_says(tmp_path: Path) -> None:
    well = make_well(tmp_path)
    write_columns(estimate_image(well / "1", OPTIONS), "made in a test")
    found = find_consensus(well / "0", [well / "1"], TABLE)
    write_consensus(
        [well / "0", well / "1"], found, TABLE, REGISTERED, {"consensus": "made in a test"}
    )
    for name, start in (("0", (0.0, 0.0)), ("1", (1.3, 2.6))):
        (region,) = read_regions(well / name, REGISTERED)
        for axis, at, cut in zip("yx", start, (1.3, 2.6), strict=True):
            assert region.start[axis] == pytest.approx(at, abs=0.02)
            assert region.length[axis] == pytest.approx(SIZE * PIXEL - cut, abs=0.02)


# As its unit tests have it, for two fields and three acquisitions beside the reference.
SHIFTS = {
    1: {"FOV_1": (0, 4, 9), "FOV_2": (0, 5, 11)},
    2: {"FOV_1": (0, 5, -5), "FOV_2": (0, 6, 7)},
    3: {"FOV_1": (0, 6, -1), "FOV_2": (0, -3, 12)},
}
FIELDS: dict[str, Box] = {
    "FOV_1": {"z": (0.0, 1.0), "y": (-1517.7, 351.0), "x": (-1439.3, 416.0)},
    "FOV_2": {"z": (0.0, 1.0), "y": (-1517.7, 351.0), "x": (-1020.3, 416.0)},
}
CONSENSUS = {
    # Start: plus the largest of 0 and the shifts; length: less largest minus smallest.
    "FOV_1": {"y": (-1511.7, 345.0), "x": (-1430.3, 402.0)},
    "FOV_2": {"y": (-1511.7, 342.0), "x": (-1008.3, 404.0)},
}


def write_shifts(image: Path, shifts: dict[str, tuple[int, int, int]]) -> None:
    columns = {
        name: [float(shifts[field][axis]) for field in FIELDS]
        for axis, name in enumerate(TRANSLATIONS)
    }
    write_regions(image, TABLE, FIELDS, columns=columns)


def test_several_fields_and_acquisitions_are_cut_to_what_all_share(tmp_path: Path) -> None:
    plate = make_plate(
        tmp_path / "p.zarr", acquisitions=(0, 1, 2, 3), labels=(), shape=(1, 1, 8, 8)
    )
    well = plate / "A" / "01"
    write_regions(well / "0", TABLE, FIELDS)
    for acquisition, shifts in SHIFTS.items():
        write_shifts(well / str(acquisition), shifts)
    found = find_consensus(well / "0", [well / str(n) for n in SHIFTS], TABLE)
    for one in found:
        for number, axis in enumerate("zyx"):
            start, length = CONSENSUS[one.region].get(axis, (0.0, 1.0))
            assert one.start["0"][axis] == pytest.approx(start)
            assert one.length[axis] == pytest.approx(length)
            for acquisition, shifts in SHIFTS.items():
                own = shifts[one.region][number]
                assert one.start[str(acquisition)][axis] == pytest.approx(start - own)


def test_without_any_shift_the_consensus_is_the_region_itself(tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "p.zarr", labels=(), shape=(1, 1, 8, 8))
    well = plate / "A" / "01"
    write_regions(well / "0", TABLE, FIELDS)
    write_shifts(well / "1", dict.fromkeys(FIELDS, (0, 0, 0)))
    for one in find_consensus(well / "0", [well / "1"], TABLE):
        assert one.share == pytest.approx(1)
        for name in "01":
            for axis, (start, length) in FIELDS[one.region].items():
                assert one.start[name][axis] == pytest.approx(start)
                assert one.length[axis] == pytest.approx(length)


def test_an_acquisition_without_shifts_or_with_other_fields_is_an_error(tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "p.zarr", acquisitions=(0, 1, 2), labels=(), shape=(1, 1, 8, 8))
    well = plate / "A" / "01"
    images = [well / "1", well / "2"]
    for name in "012":
        write_regions(well / name, TABLE, FIELDS)
    with pytest.raises(InvalidInputError, match=r"1: its table .* Estimate the shifts"):
        find_consensus(well / "0", images, TABLE)
    write_shifts(well / "1", SHIFTS[1])
    with pytest.raises(InvalidInputError, match=r"2: its table .* Estimate the shifts"):
        find_consensus(well / "0", images, TABLE)
    write_regions(well / "2", TABLE, {"FOV_A": {}, "FOV_B": {}})
    with pytest.raises(InvalidInputError, match="FOV_A"):
        find_consensus(well / "0", images, TABLE)
    assert all(list_tables(well / name) == (TABLE,) for name in "012")


def test_an_image_with_nothing_in_it_has_no_translation(tmp_path: Path) -> None:
    # The reference system stores one; on a constant image it is 0.
    well = make_well(tmp_path)
    write_levels(well / "1", np.zeros((1, 1, SIZE, SIZE), dtype=np.uint16))
    with pytest.raises(UncertainShiftError, match="all its pixels are 0"):
        estimate_image(well / "1", OPTIONS)
    assert not set(TRANSLATIONS) & set(read_table(well / "1", TABLE).content.dataframe.columns)
