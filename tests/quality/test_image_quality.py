"""Whole images on disk, moved by known amounts: what is measured, and what is said of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray

from tasks.plan.request import RegistrationRequest
from tasks.plan.window import Window
from tasks.quality.compare_images import compare_as_they_are, compare_planned
from tasks.quality.image_quality import judge_image, judge_region
from tasks.quality.options import Thresholds
from tasks.quality.place import Place, places_of
from tasks.quality.region_quality import RegionQuality
from tasks.quality.witnesses import witnesses_of
from tasks.survey.build import build_plan
from tests.plates import make_plate, write_levels, write_regions
from tests.quality.scenes import cells, photographed, turned

Array = NDArray[Any]

SHAPE = (300, 360)
TABLE = "FOV_ROI_table_registered"
PIXEL = 0.5
MOVED = (8, -12)
"""Pixels by which acquisition 1 lies beyond the reference, along y and x."""


def make_wells(folder: Path, pictures: dict[str, Array], believed: tuple[int, int]) -> Path:
    """Write image 0 and 1 of each well; the tables say that 1 lies `believed` pixels beyond."""
    wells = sorted({name.rsplit("/", 1)[0] for name in pictures})
    plate = make_plate(
        folder / "p.zarr",
        wells=wells,
        shape=(1, 1, *SHAPE),
        levels=2,
        labels=(),
        pixel_size=PIXEL,
    )
    for name, picture in pictures.items():
        image = plate / name
        write_levels(image, np.clip(picture, 0, 65535).astype(np.uint16)[None, None])
        y, x = believed if image.name == "1" else (0, 0)
        box = {"y": (PIXEL * (20 + y), 120.0), "x": (PIXEL * (20 + x), 150.0)}
        write_regions(image, TABLE, {"FOV_1": box})
    return plate


def judged(well: Path, *, others: tuple[Path, ...] = ()) -> RegionQuality:
    """Judge image 1 of a well, with the result that plain NumPy makes of its tables."""
    plan = build_plan(well / "1", RegistrationRequest(TABLE, overwrite_input=False))
    result = well / "1_registered"
    shutil.copytree(well / "1", result)
    source = zarr.open_array(well / "1" / "0", mode="r")[:]
    moved = np.zeros_like(source)
    (shift,) = plan.image.shifts
    moved[shift.target.slices] = source[shift.source.slices]
    write_levels(result, moved)
    compared = compare_planned(plan, result, others)
    ((quality, pictures),) = judge_image(
        places_of(plan),
        compared,
        Thresholds(),
        well=plan.well,
        image=plan.output_name,
        acquisition=plan.acquisition,
    )
    assert pictures[0].after is not None
    assert pictures[0].after.shape == pictures[0].reference.shape
    return quality


def pair(sample: Array, *, degrees: float = 0.0, seed: int = 1) -> dict[str, Array]:
    return {
        "A/01/0": photographed(sample, seed),
        "A/01/1": photographed(turned(sample, degrees, MOVED), seed + 1),
    }


def test_a_reference_with_other_axes_is_compared_along_those_that_both_have(
    tmp_path: Path,
) -> None:
    pictures = pair(cells(SHAPE, 200))
    plate = make_wells(tmp_path, pictures, MOVED)
    flat = make_plate(
        tmp_path / "flat.zarr", axes="yx", shape=SHAPE, levels=2, labels=(), pixel_size=PIXEL
    )
    write_levels(flat / "A/01/0", pictures["A/01/0"].astype(np.uint16))
    shutil.copytree(plate / "A/01/0/tables", flat / "A/01/0/tables", dirs_exist_ok=True)
    shutil.rmtree(plate / "A/01/0")
    shutil.copytree(flat / "A/01/0", plate / "A/01/0")
    quality = judged(plate / "A/01")
    assert (quality.verdict, quality.size) == ("pass", (240.0, 300.0)), quality.reason


def test_a_projection_beside_a_stack_is_compared_with_the_brightest_of_it(tmp_path: Path) -> None:
    planes = [cells(SHAPE, 70, seed) for seed in range(4)]
    plate = make_wells(tmp_path, pair(np.max(planes, axis=0)), MOVED)
    stack = make_plate(
        tmp_path / "s.zarr", axes="zyx", shape=(4, *SHAPE), levels=2, labels=(), pixel_size=PIXEL
    )
    write_levels(
        stack / "A/01/0",
        np.stack([photographed(each, 5) for each in planes]).clip(0).astype(np.uint16),
    )
    shutil.copytree(plate / "A/01/0/tables", stack / "A/01/0/tables", dirs_exist_ok=True)
    shutil.rmtree(plate / "A/01/0")
    shutil.copytree(stack / "A/01/0", plate / "A/01/0")
    quality = judged(plate / "A/01")
    assert quality.agreements[0].after is not None
    assert (quality.verdict, quality.agreements[0].after > 0.9) == ("pass", True), quality.reason


def test_a_region_that_the_image_lacks_is_told_beside_the_others(tmp_path: Path) -> None:
    well = make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED) / "A/01"
    one = {"y": (10.0, 60.0), "x": (10.0, 150.0)}
    write_regions(well / "0", TABLE, {"FOV_1": one, "FOV_2": {**one, "y": (70.0, 60.0)}})
    y, x = (PIXEL * by for by in MOVED)
    own = {"y": (10.0 + y, 60.0), "x": (10.0 + x, 150.0)}
    write_regions(well / "1", TABLE, {"FOV_1": own})
    request = RegistrationRequest(TABLE, overwrite_input=False, allow_missing_regions=True)
    plan = build_plan(well / "1", request)
    compared = compare_planned(plan, well / "1", ())
    places = places_of(plan)
    found = judge_image(places, compared, Thresholds(), well="A/01", image="1", acquisition=1)
    _, (missing, pictures) = found
    assert (missing.region, missing.verdict) == ("FOV_2", "nothing to judge")
    assert missing.reason == "the image lacks this region, and is 0 there"
    assert missing.size == (120.0, 300.0)
    assert pictures == missing.agreements == ()


def test_a_right_shift_passes_and_says_by_how_much_it_moved(tmp_path: Path) -> None:
    plate = make_wells(tmp_path, pair(cells(SHAPE, 200)), MOVED)
    quality = judged(plate / "A/01")
    assert quality.verdict == "pass", quality.reason
    assert quality.shift == (0.0, -MOVED[0] * PIXEL, -MOVED[1] * PIXEL)
    assert quality.agreements[0].after is not None
    assert quality.agreements[0].after > 0.9
    assert quality.motion is not None
    assert quality.motion.median < 0.3
    assert quality.size == (240.0, 300.0)


@pytest.mark.parametrize(
    ("believed", "off"),
    [
        ((8, -5), 7.0),
        # Farther than any block could find its own.
        ((8, 60), 72.0),
        # So far that nothing is shared; only chance is left.
        ((-160, 140), None),
    ],
)
def test_a_wrong_table_fails(tmp_path: Path, believed: tuple[int, int], off: float | None) -> None:
    plate = make_wells(tmp_path, pair(cells(SHAPE, 200)), believed)
    quality = judged(plate / "A/01")
    assert quality.verdict == "fail", quality.reason
    if off is not None:
        assert quality.motion is not None
        assert quality.motion.median == pytest.approx(off, abs=0.3)


@pytest.mark.parametrize("degrees", [0.3, -1.0])
def test_a_turned_plate_is_told(tmp_path: Path, degrees: float) -> None:
    plate = make_wells(tmp_path, pair(cells(SHAPE, 250), degrees=degrees), MOVED)
    quality = judged(plate / "A/01")
    assert quality.motion is not None
    assert quality.motion.rotation == pytest.approx(degrees, abs=0.02)
    if abs(degrees) > 0.5:
        assert quality.verdict == "check"
        assert "degrees" in quality.reason


def test_an_empty_field_is_neither_pass_nor_fail(tmp_path: Path) -> None:
    plate = make_wells(tmp_path, pair(np.full(SHAPE, 100.0)), MOVED)
    assert judged(plate / "A/01").verdict == "nothing to judge"


def test_what_all_wells_share_is_no_agreement(tmp_path: Path) -> None:
    """A bright rim that every field has, and samples that have nothing to do with each other."""
    rim = np.zeros(SHAPE)
    rim[:, 150:170] = 3000.0
    samples = [cells(SHAPE, 40, seed) for seed in range(4)]
    pictures = {
        "A/01/0": photographed(samples[0] + rim, 1),
        "A/01/1": photographed(samples[1] + rim, 2),
        **{f"B/0{n}/0": photographed(samples[n] + rim, 2 + n) for n in (2, 3)},
    }
    plate = make_wells(tmp_path, {**pictures, "B/02/1": samples[2], "B/03/1": samples[3]}, (0, 0))
    others = witnesses_of(plate / "A/01", 0)
    assert [path.relative_to(plate).as_posix() for path in others] == ["B/02/0", "B/03/0"]
    alone, beside = judged(plate / "A/01"), None
    shutil.rmtree(plate / "A/01/1_registered")
    beside = judged(plate / "A/01", others=others)
    found = [quality.agreements[0].others for quality in (alone, beside)]
    assert None not in found
    assert beside.verdict == "fail", (beside.reason, found)


def test_a_pattern_of_the_camera_that_stands_still_hides_no_wrong_shift(tmp_path: Path) -> None:
    plate = make_plate(tmp_path / "p.zarr", shape=(2, 1, *SHAPE), levels=2, labels=())
    pattern = 60.0 * (np.indices(SHAPE).sum(axis=0) % 12 < 4)
    pattern += 60.0 * (np.subtract(*np.indices(SHAPE)) % 20 < 6)
    sample = cells(SHAPE, 25)
    for name, light, seed in (("0", sample, 1), ("1", turned(sample, 0.0, (40, -60)), 2)):
        unlike = 4 * cells(SHAPE, 12, seed)
        other = photographed(0 * sample, seed) + unlike + pattern
        stains = np.stack([photographed(light, seed + 2), other])[:, None]
        write_levels(plate / "A/01" / name, np.clip(stains, 0, 65535).astype(np.uint16))
    well = plate / "A/01"
    whole = Window.whole((2, 1, *SHAPE))
    place = Place(
        region="FOV_1",
        axes=("c", "z", "y", "x"),
        reference=whole,
        before=None,
        after=whole,
        shift=(0.0, 0.0, 0.0),
    )
    compared = compare_as_they_are(well / "1", well / "0", [whole], is_registered=True)
    quality, _ = judge_region(place, compared, Thresholds(), well="A/01", image="1", acquisition=1)
    assert quality.verdict == "fail", quality.reason
    assert "off by 7" in quality.reason
