"""What the pixel layer writes passes verification: every type, odd sizes, lossy codecs, limits."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr

from tasks.pixels.write import write_pyramid
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Interpolation, Shift, Window
from tasks.storage.sample import sample_differences

Shape = tuple[int, int]


def of_format_3(name: str, **configuration: Any) -> dict[str, Any]:
    return {"name": f"numcodecs.{name}", "configuration": configuration}


LOSSY: dict[str, dict[str, Any]] = {
    "quantize": {"filters": [numcodecs.Quantize(digits=1, dtype="<f4")], "zarr_format": 2},
    "bitround": {"filters": [numcodecs.BitRound(keepbits=3)], "zarr_format": 2},
    "scale and offset": {
        "filters": [numcodecs.FixedScaleOffset(offset=-1000, scale=3, dtype="<f4", astype="<u2")],
        "zarr_format": 2,
    },
    "cast to fewer bits": {
        "filters": [numcodecs.AsType(encode_dtype="<f2", decode_dtype="<f4")],
        "zarr_format": 2,
    },
    "quantize, format 3": {
        "filters": [of_format_3("quantize", digits=1, dtype="<f4")],
        "zarr_format": 3,
    },
    "bitround, format 3": {"filters": [of_format_3("bitround", keepbits=3)], "zarr_format": 3},
    "scale and offset, shards": {
        "filters": [
            of_format_3("fixedscaleoffset", offset=-1000, scale=3, dtype="<f4", astype="<u2")
        ],
        "zarr_format": 3,
        "shards": (32, 64),
    },
}


def make(
    folder: Path,
    finest: np.ndarray[Any, np.dtype[Any]],
    shapes: tuple[Shape, ...],
    *,
    interpolation: Interpolation = "none",
    chunks: Shape = (16, 32),
    storage: dict[str, Any] | None = None,
) -> Pyramid:
    """Store a source and an empty copy of it beside, and return how its one region moves."""
    options: dict[str, Any] = {"zarr_format": 2, **(storage or {})}
    for name in ("source", "staged"):
        for number, shape in enumerate(shapes):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                array = zarr.create_array(
                    folder / name / str(number),
                    shape=shape,
                    chunks=chunks,
                    dtype=finest.dtype,
                    **options,
                )
                if number == 0 and name == "source":
                    array[...] = finest
    height, width = shapes[0]
    whole = (height - 2, width - 3)
    return Pyramid(
        path="",
        axes=("y", "x"),
        pixel_size=(1.0, 1.0),
        levels=tuple(
            Level(
                path=str(number),
                shape=shape,
                chunks=chunks,
                shards=options.get("shards"),
                dtype=finest.dtype.name,
            )
            for number, shape in enumerate(shapes)
        ),
        resampling="linear",
        shifts=(
            Shift(
                region="FOV_1",
                source=Window(start=(2, 0), stop=(height, whole[1])),
                target=Window(start=(0, 3), stop=(whole[0], width)),
                fraction=() if interpolation == "none" else (0.3, -0.4),
            ),
        ),
        interpolation=interpolation,
    )


def differences(pyramid: Pyramid, folder: Path) -> list[str]:
    return sample_differences(pyramid, folder / "source", folder / "staged")


def write(pyramid: Pyramid, folder: Path) -> None:
    write_pyramid(pyramid, folder / "source", folder / "staged")


def random_pixels(shape: Shape, dtype: str, seed: int = 0) -> np.ndarray[Any, np.dtype[Any]]:
    chance = np.random.default_rng(seed)
    if dtype == "bool":
        return chance.random(shape) < 0.8
    if np.dtype(dtype).kind == "f":
        return (1000 * chance.random(shape)).astype(dtype)
    bounds = np.iinfo(dtype)
    native = np.dtype(dtype).newbyteorder("=")
    return chance.integers(bounds.min, bounds.max, shape, native, endpoint=True).astype(dtype)


HALVED_WITH_A_REST = [(n, m) for n in range(5, 22, 2) for m in (5, 6, 7, 11, 13)]


def test_true_and_false_of_every_size(tmp_path: Path) -> None:
    """Levels of true and false pixels: a whole one is a sum of eighths and thirds."""
    rejected = []
    for height, width in HALVED_WITH_A_REST:
        folder = tmp_path / f"{height}x{width}"
        shapes = (
            (height, width),
            (height // 2 + height % 2, width // 2),
            (height // 4, width // 4),
        )
        pixels = random_pixels((height, width), "bool", height)
        pyramid = make(folder, pixels, shapes, chunks=(8, 8))
        write(pyramid, folder)
        if differences(pyramid, folder):
            rejected.append(shapes)
    assert rejected == []


def test_a_wrong_level_of_true_and_false_shows(tmp_path: Path) -> None:
    pyramid = make(tmp_path, np.ones((21, 13), bool), ((21, 13), (11, 6)), chunks=(32, 32))
    write(pyramid, tmp_path)
    assert differences(pyramid, tmp_path) == []
    level = zarr.open_array(tmp_path / "staged/1", mode="r+")
    level[2, 3] = not level[2, 3]
    assert "array 1" in differences(pyramid, tmp_path)[0]


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "uint32",
        "int32",
        "uint64",
        "int64",
        "float16",
        "float32",
        "float64",
        ">u2",
        ">f4",
    ],
)
def test_every_type_in_sizes_that_do_not_divide(tmp_path: Path, dtype: str) -> None:
    for seed, (height, width) in enumerate([(67, 95), (33, 101), (50, 37)]):
        folder = tmp_path / str(seed)
        shapes = ((height, width), (height // 2, (width + 1) // 2), (height // 3, width // 5))
        pyramid = make(folder, random_pixels((height, width), dtype, seed), shapes)
        write(pyramid, folder)
        assert differences(pyramid, folder) == []


@pytest.mark.parametrize("interpolation", ["none", "cubic"])
@pytest.mark.parametrize("codec", LOSSY)
def test_lossy_codecs(tmp_path: Path, codec: str, interpolation: Interpolation) -> None:
    pixels = random_pixels((61, 83), "float32")
    pyramid = make(
        tmp_path,
        pixels,
        ((61, 83), (30, 41), (15, 20)),
        interpolation=interpolation,
        storage=LOSSY[codec],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(pyramid, tmp_path)
        assert differences(pyramid, tmp_path) == []
        level = zarr.open_array(tmp_path / "staged/1", mode="r+")
        level[...] = np.roll(np.asarray(level[...]), 1, axis=1)
        assert any("array 1" in text for text in differences(pyramid, tmp_path))
        # Far more than any codec loses.
        finest = zarr.open_array(tmp_path / "staged/0", mode="r+")
        finest[...] = np.asarray(finest[...]) + 1000
        assert any("array 0" in text for text in differences(pyramid, tmp_path))


@pytest.mark.parametrize("interpolation", ["none", "linear", "cubic"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_near_the_largest_numbers(tmp_path: Path, dtype: str, interpolation: Interpolation) -> None:
    limit = np.finfo(dtype).max
    chance = np.random.default_rng(3)
    pixels = chance.choice(np.array([limit, -limit, 0, limit / 2], dtype), (61, 83))
    pixels[10:20] = limit
    pyramid = make(tmp_path, pixels, ((61, 83), (30, 41), (15, 20)), interpolation=interpolation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(pyramid, tmp_path)
        assert differences(pyramid, tmp_path) == []
    staged = zarr.open_array(tmp_path / "staged/0", mode="r+")
    staged[...] = np.where(np.isfinite(staged[...]), 1, staged[...]).astype(dtype)
    assert differences(pyramid, tmp_path) != []
