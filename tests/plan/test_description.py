"""A plan as people read it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tasks.plan.description import describe_plan, shift_text, smallest_and_largest
from tasks.plan.registration_plan import Level, Pyramid, RegistrationPlan
from tasks.plan.request import RegistrationRequest
from tasks.plan.window import Interpolation, Shift, Window
from tasks.survey.build import build_plan
from tests.plates import add_feature_table, make_plate, write_regions


def shift(region: str, *offset: int) -> Shift:
    source = Window(start=(50,) * len(offset), stop=(60,) * len(offset))
    return Shift(region=region, source=source, target=source.moved_by(offset))


def pyramid(*shifts: Shift) -> Pyramid:
    level = Level(path="0", shape=(3, 100, 100, 100), chunks=(1, 1, 50, 50), dtype="uint16")
    return Pyramid(
        path="",
        axes=("c", "z", "y", "x"),
        pixel_size=(1.0, 2.0, 0.5, 0.25),
        levels=(level,),
        resampling="linear",
        shifts=shifts,
    )


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        pytest.param((0, 0, 0, 0), "stays", id="no move"),
        pytest.param((0, 0, 6, 0), "y +6 px (3 µm)", id="one axis"),
        pytest.param((0, 0, -6, 16), "y -6, x +16 px (5 µm)", id="length by Pythagoras: 3 and 4"),
        pytest.param((0, 1, 0, 0), "z +1 px (2 µm)", id="planes have their own spacing"),
    ],
)
def test_a_shift_in_words(offset: tuple[int, ...], text: str) -> None:
    moved = shift("FOV_1", *offset)
    assert shift_text(moved, pyramid(moved)) == text


@pytest.mark.parametrize(
    ("offset", "fraction", "text"),
    [
        pytest.param((0, 0, 0, 0), (0, 0, 0, 0.4), "x +0.40 px (0.1 µm)", id="less than a pixel"),
        pytest.param(
            (0, 1, -6, 3), (0, 0, -0.25, 0), "z +1, y -6.25, x +3 px (3.79 µm)", id="one axis"
        ),
        pytest.param((0, 0, -1, 0), (0, 0, 0.5, 0), "y -0.50 px (0.25 µm)", id="back by a half"),
    ],
)
def test_fractions_are_told(
    offset: tuple[int, ...], fraction: tuple[float, ...], text: str
) -> None:
    moved = shift("FOV_1", *offset).model_copy(update={"fraction": fraction})
    assert shift_text(moved, pyramid(moved)) == text


def test_smallest_and_largest_are_by_distance_not_by_pixels() -> None:
    # 9 pixels of 0.25 micrometers are less than 5 of 0.5.
    shifts = shift("a", 0, 0, 5, 0), shift("b", 0, 0, 0, 9), shift("c", 0, 0, -20, 0)
    assert smallest_and_largest(pyramid(*shifts)) == ("x +9 px (2.25 µm)", "y -20 px (10 µm)")


def test_no_regions_have_no_shift() -> None:
    assert smallest_and_largest(pyramid()) == ("", "")


@pytest.mark.parametrize("overwrite", [True, False])
def test_the_whole_plan(tmp_path: Path, overwrite: bool) -> None:
    well = make_plate(tmp_path / "plate.zarr") / "A" / "01"
    for image, x in (("0", 3.0), ("1", 1.0)):
        write_regions(well / image, "registered", {"FOV_1": {"y": (2.0, 20.0), "x": (x, 30.0)}})
    add_feature_table(well / "1", "features", "nuclei")
    plan = build_plan(
        well / "1",
        RegistrationRequest("registered", register_labels=False, overwrite_input=overwrite),
    )
    lines = describe_plan(plan, memory_bytes=2_000_000, disk_bytes=3_000_000).splitlines()
    output = well / ("1" if overwrite else "1_registered")
    for line in (
        f"  writes    {output}",
        "  image     c 2, z 2, y 64, x 96, uint16, 3 levels",
        "  label     'nuclei': carried over where it is; z 2, y 64, x 96, uint32, 3 levels",
        "  table     'registered': roi_table, 1 row, from the reference, copied",
        "  table     'features': feature_table, 3 rows, from this image, copied",
        "  region    'FOV_1': x +4 px (2 µm)",
        "  memory    at most 2 MB",
        "  disk      3 MB free while it is written",
    ):
        assert line in lines
    (replaces,) = [line for line in lines if line.startswith("  replaces")]
    assert ("the image itself" in replaces) == overwrite
    assert sum(line.startswith("  warning") for line in lines) == len(plan.warnings) > 0


def test_what_lies_between_pixels_is_told_and_serialised_only_when_asked_for(
    tmp_path: Path,
) -> None:
    well = make_plate(tmp_path / "plate.zarr") / "A" / "01"
    for image, x in (("0", 3.0), ("1", 1.1)):
        write_regions(well / image, "registered", {"FOV_1": {"y": (2.0, 20.0), "x": (x, 30.0)}})
    plans = {
        kind: build_plan(well / "1", RegistrationRequest("registered", interpolation=kind))
        for kind in get_args(Interpolation)
    }
    told = "  fractions of a pixel by cubic interpolation; labels move whole"
    lines = describe_plan(plans["cubic"], memory_bytes=1, disk_bytes=1).splitlines()
    assert told in lines
    assert "  region    'FOV_1': x +3.80 px (1.9 µm)" in lines
    whole = describe_plan(plans["none"], memory_bytes=1, disk_bytes=1)
    assert "fraction" not in whole
    assert "  region    'FOV_1': x +4 px (2 µm)" in whole.splitlines()
    for kind, plan in plans.items():
        text = plan.model_dump_json()
        assert RegistrationPlan.model_validate_json(text) == plan
        assert ("interpolation" in text, "fraction" in text) == ((kind != "none"),) * 2
        assert all(label.interpolation == "none" for label in plan.labels)
        assert all(shift.is_whole for label in plan.labels for shift in label.shifts)
