"""How much of an image is kept: counted by pixels, told below a half, refused below a tenth."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.request import RegistrationRequest
from tasks.plan.window import Shift, Window
from tasks.survey.build import build_plan
from tasks.survey.coverage import measure_kept
from tests.foreign import change_metadata, in_unit
from tests.plates import make_plate, read_levels, write_regions
from tests.trees import digest_tree

SHAPE = (2, 12, 17)
Box = tuple[tuple[int, int, int, int], tuple[int, int]]


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """Return where a region lies (y, x, height, width), and where it goes (y, x)."""
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 17))
    y, to_y = (draw(st.integers(0, 12 - height)) for _ in range(2))
    x, to_x = (draw(st.integers(0, 17 - width)) for _ in range(2))
    return (y, x, height, width), (to_y, to_x)


def pyramid_of(regions: list[Box], levels: tuple[Level, ...]) -> Pyramid:
    channels = levels[0].shape[0]
    return Pyramid(
        path="",
        axes=("c", "y", "x"),
        pixel_size=(1.0, 1.0, 1.0),
        levels=levels,
        resampling="linear",
        shifts=tuple(
            Shift(
                region=str(n),
                source=Window(start=(0, y, x), stop=(channels, y + height, x + width)),
                target=Window(start=(0, to_y, to_x), stop=(channels, to_y + height, to_x + width)),
            )
            for n, ((y, x, height, width), (to_y, to_x)) in enumerate(regions)
        ),
    )


def level_of(path: Path, name: str) -> Level:
    array = zarr.open_array(path / name, mode="r")
    return Level(path=name, shape=array.shape, chunks=array.chunks, dtype=array.dtype.name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(regions=st.lists(boxes(), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_every_pixel_is_counted(tmp_path: Path, regions: list[Box], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.where(rng.random(SHAPE) < 0.3, 7, 0).astype("uint8")
    array = zarr.create_array(
        tmp_path / "0", shape=SHAPE, chunks=(1, 5, 5), dtype="uint8", overwrite=True
    )
    array[...] = pixels
    # Every pixel of the image has a number; what numbers are left once all have been put?
    numbers = np.arange(12 * 17).reshape(12, 17)
    result = np.full((12, 17), -1)
    for (y, x, height, width), (to_y, to_x) in regions:
        result[to_y : to_y + height, to_x : to_x + width] = numbers[y : y + height, x : x + width]
    left = np.isin(numbers, result)
    content = np.count_nonzero(pixels, axis=0)
    kept = measure_kept(tmp_path, pyramid_of(regions, (level_of(tmp_path, "0"),)))
    assert kept.area == pytest.approx(left.mean())
    assert kept.content == pytest.approx(content[left].sum() / content.sum())


def test_a_pyramid_that_ends_in_one_pixel_keeps_what_its_regions_keep(tmp_path: Path) -> None:
    image = make_plate(tmp_path / "p.zarr", shape=(1, 1, 64, 96), levels=7, labels=()) / "A/01/1"
    for name, x in (("0", 4.0), ("1", 0.0)):
        write_regions(
            image.with_name(name), "registered", {"FOV_1": {"y": (0.0, 32.0), "x": (x, 44.0)}}
        )
    assert read_levels(image)[-1].shape[-2:] == (1, 1)
    for name in "01":
        plan = build_plan(image.with_name(name), RegistrationRequest("registered"))
        assert plan.kept.content == pytest.approx(44 / 48)
        assert plan.warnings == ()


def test_a_large_image_is_measured_in_cells(tmp_path: Path) -> None:
    """Of 24 million pixels on one level: memory is bounded, the shares are right within a cell."""
    side = 4900
    array = zarr.create_array(
        tmp_path / "0", shape=(1, side, side), chunks=(1, 350, 350), dtype="u1"
    )
    array[:, :2450] = 1
    regions: list[Box] = [((0, 0, 1225, side), (0, 0)), ((2450, 0, 2450, 2450), (2450, 0))]
    kept = measure_kept(tmp_path, pyramid_of(regions, (level_of(tmp_path, "0"),)))
    assert kept.area == pytest.approx(0.5, abs=0.002)
    assert kept.content == pytest.approx(0.5, abs=0.15)


def test_many_fields_side_by_side_leave_no_gap(tmp_path: Path) -> None:
    side, count = 3333, 33
    zarr.create_array(tmp_path / "0", shape=(1, side, side), chunks=(1, 500, 500), dtype="u1")
    edges = [side * n // count for n in range(count + 1)]
    regions: list[Box] = [
        ((y, x, y2 - y, x2 - x), (y, x))
        for y, y2 in itertools.pairwise(edges)
        for x, x2 in itertools.pairwise(edges)
    ]
    kept = measure_kept(tmp_path, pyramid_of(regions, (level_of(tmp_path, "0"),)))
    assert (kept.area, kept.content) == (1.0, None)


def test_a_damaged_chunk_of_the_coarsest_level_does_not_matter(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "0", shape=(1, 8, 8), chunks=(1, 4, 4), dtype="u1")
    array[...] = 1
    (tmp_path / "0/c/0/0/0").write_bytes(b"no chunk")
    kept = measure_kept(tmp_path, pyramid_of([((0, 0, 8, 4), (0, 0))], (level_of(tmp_path, "0"),)))
    assert kept.content == pytest.approx(1 / 3)


@pytest.fixture
def well(tmp_path: Path) -> Path:
    plate = make_plate(tmp_path / "plate.zarr", labels=())
    return plate / "A/01"


def write(well: Path, height: float, width: float) -> None:
    for image in ("0", "1"):
        write_regions(
            well / image, "registered", {"FOV_1": {"y": (0.0, height), "x": (0.0, width)}}
        )


# The image is 32 x 48 micrometers, 64 x 96 pixels.
@pytest.mark.parametrize(
    ("height", "width", "told"),
    [(32.0, 24.0, None), (16.0, 46.0, "keep 48 % of the image's area, 48 % of its content")],
)
def test_less_than_a_half_is_told(
    well: Path, height: float, width: float, told: str | None
) -> None:
    write(well, height, width)
    plan = build_plan(well / "1", RegistrationRequest("registered"))
    assert [w for w in plan.warnings if "keep" in w] == [
        f"{well / '1'}: its regions {told}; the rest becomes 0" for _ in range(told is not None)
    ]


def test_less_than_a_tenth_is_refused_unless_asked_for(well: Path) -> None:
    write(well, 12.0, 12.0)
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match=r"keep 9.4 % .* Less than 10 % is refused") as told:
        build_plan(well / "1", RegistrationRequest("registered"))
    assert "is a pixel z 1, y 0.5, x 0.5 micrometers?" in str(told.value)
    assert "lower min_covered" in str(told.value)
    assert digest_tree(well) == before
    plan = build_plan(well / "1", RegistrationRequest("registered", min_covered=0.05))
    assert any("9.4 %" in warning for warning in plan.warnings)


def test_regions_of_another_size_than_the_image_are_refused(well: Path) -> None:
    """Whatever the reason: here a pixel is ten times as large as it was."""
    write(well, 30.0, 40.0)
    change_metadata(well / "1", in_unit("millimeter", 1 / 100))
    with pytest.raises(InvalidInputError, match=r"keep 0.39 % of the image's area"):
        build_plan(well / "1", RegistrationRequest("registered"))


def test_what_was_black_is_not_lost(well: Path) -> None:
    """A few fields in a wide well: most of the area goes, and nothing of the content."""
    for level, pixels in enumerate(read_levels(well / "1")):
        ratio = 2**level
        pixels[..., 24 // ratio :, :] = 0
        pixels[..., 24 // ratio :] = 0
        zarr.open_array(well / "1" / str(level), mode="r+")[...] = pixels
    write(well, 12.0, 12.0)
    plan = build_plan(well / "1", RegistrationRequest("registered"))
    assert plan.kept.content == 1.0
    assert plan.kept.area < 0.1
    assert not any("keep" in warning for warning in plan.warnings)
