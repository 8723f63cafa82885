"""A sample of interpolated pixels is worked out again: what is wrong shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Interpolation, Shift, Window
from tasks.storage.sample import sample_differences
from tests.interpolation_oracle import Kind, moved
from tests.plate_pixels import Array, smooth_pixels

SHAPE = (3, 40, 50)
CHUNKS = (1, 16, 16)
OFFSET = (0, 3, -4)
FRACTION = (0.2, -0.4, 0.3)
SOURCE = Window(start=(0, 2, 6), stop=(3, 36, 50))


def make(folder: Path, dtype: str, kind: Kind) -> tuple[Pyramid, zarr.Array[Any]]:
    """Write a source, and beside it what SciPy or Keys' formula makes of it."""
    pixels = smooth_pixels(SHAPE, dtype, seed=2)
    if pixels.dtype.kind == "f":
        pixels[1, 20, 20] = np.nan
    target = SOURCE.moved_by(OFFSET)
    result = np.zeros_like(pixels)
    values = moved(pixels, np.add(OFFSET, FRACTION), kind)
    result[target.slices] = as_pixels(values, pixels.dtype)[target.slices]
    for name, content in (("source", pixels), ("staged", result)):
        array = zarr.create_array(folder / name / "0", data=content, chunks=CHUNKS, zarr_format=2)
    pyramid = Pyramid(
        path="",
        axes=("z", "y", "x"),
        pixel_size=(1.0,) * 3,
        levels=(Level(path="0", shape=SHAPE, chunks=CHUNKS, dtype=dtype),),
        resampling="linear",
        shifts=(Shift(region="FOV_1", source=SOURCE, target=target, fraction=FRACTION),),
        interpolation=kind,
    )
    return pyramid, array


def as_pixels(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "f":
        return values.astype(dtype)
    bounds = np.iinfo(dtype)
    return np.clip(np.rint(values), bounds.min, bounds.max).astype(dtype)


@pytest.mark.parametrize("kind", ["linear", "cubic"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "float64"])
def test_what_is_right_passes(tmp_path: Path, dtype: str, kind: Kind) -> None:
    pyramid, _ = make(tmp_path, dtype, kind)
    assert sample_differences(pyramid, tmp_path / "source", tmp_path / "staged") == []


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32"])
def test_two_counts_too_many_show(tmp_path: Path, dtype: str) -> None:
    pyramid, staged = make(tmp_path, dtype, "linear")
    # In a chunk that is looked at: around the middle of the target.
    staged[1, 22, 24] = staged[1, 22, 24] + np.array(2, dtype=dtype)
    (difference,) = sample_differences(pyramid, tmp_path / "source", tmp_path / "staged")
    assert "array 0: pixels from" in difference


def with_shift(pyramid: Pyramid, **changes: Any) -> Pyramid:
    (shift,) = pyramid.shifts
    return pyramid.model_copy(update={"shifts": (shift.model_copy(update=changes),)})


@pytest.mark.parametrize(
    "fraction",
    [
        pytest.param((), id="not moved by the fraction"),
        pytest.param((-0.2, 0.4, -0.3), id="moved the other way"),
        pytest.param((0.2, -0.4, 0.0), id="an axis forgotten"),
        pytest.param((0.2, 0.3, -0.4), id="axes interchanged"),
    ],
)
def test_another_fraction_shows(tmp_path: Path, fraction: tuple[float, ...]) -> None:
    pyramid, _ = make(tmp_path, "uint16", "cubic")
    wrong = with_shift(pyramid, fraction=fraction)
    assert sample_differences(wrong, tmp_path / "source", tmp_path / "staged")


@pytest.mark.parametrize("kind", ["none", "linear"])
def test_another_interpolation_shows(tmp_path: Path, kind: Interpolation) -> None:
    pyramid, _ = make(tmp_path, "uint16", "cubic")
    wrong = pyramid.model_copy(update={"interpolation": kind})
    assert sample_differences(wrong, tmp_path / "source", tmp_path / "staged")


def test_a_missing_pixel_that_is_not_missing_shows(tmp_path: Path) -> None:
    pyramid, staged = make(tmp_path, "float32", "linear")
    missing = np.argwhere(np.isnan(staged[...]))
    assert len(missing) > 0
    for place in missing:
        staged[tuple(place)] = 0.0
    assert sample_differences(pyramid, tmp_path / "source", tmp_path / "staged")
