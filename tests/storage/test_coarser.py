"""Coarse levels that are not what the next finer one reduces to are found; SciPy makes levels."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import zarr
from scipy.ndimage import zoom  # type: ignore[import-untyped]  # has no type information

from tasks.plan.registration_plan import Level, Pyramid
from tasks.storage.coarser import coarse_differences


class Case(NamedTuple):
    shapes: tuple[tuple[int, ...], ...]
    chunks: tuple[int, ...]
    dtype: str
    resampling: Literal["linear", "nearest"] = "linear"


CASES = {
    "halved, several chunks": Case(((64, 96), (32, 48), (16, 24)), (16, 24), "uint16"),
    "labels": Case(((64, 96), (32, 48), (16, 24)), (16, 24), "uint32", "nearest"),
    "sizes that do not divide": Case(((67, 95), (33, 47), (16, 23)), (16, 24), "uint16"),
    "labels that do not divide": Case(((67, 95), (33, 47)), (16, 24), "uint32", "nearest"),
    "a third and a quarter": Case(((66, 96), (22, 24)), (16, 24), "uint8"),
    "planes of one chunk each, halved": Case(((4, 32, 32), (2, 16, 16)), (1, 16, 16), "uint16"),
    "channels and planes kept": Case(
        ((2, 3, 32, 32), (2, 3, 16, 16), (2, 3, 8, 8)), (1, 1, 16, 16), "uint16"
    ),
    "negative": Case(((32, 32), (16, 16)), (16, 16), "int16"),
    "no number": Case(((32, 32), (16, 16)), (16, 16), "float32"),
    "large numbers": Case(((32, 32), (16, 16)), (16, 16), "uint64"),
    "a single level": Case(((32, 32),), (16, 16), "uint16"),
    "chunks larger than the level": Case(((32, 32), (16, 16), (8, 8)), (64, 64), "uint16"),
}


def pixels_of(case: Case, seed: int) -> list[npt.NDArray[Any]]:
    chance = np.random.default_rng(seed)
    dtype = np.dtype(case.dtype)
    if dtype.kind == "f":
        finest = chance.normal(size=case.shapes[0]).astype(dtype)
        finest[finest > 1.5] = np.nan
    else:
        bounds = np.iinfo(dtype)
        high = min(int(bounds.max), 2**40)
        finest = chance.integers(bounds.min, high, size=case.shapes[0]).astype(dtype)
    levels = [finest]
    order = {"linear": 1, "nearest": 0}[case.resampling]
    for shape in case.shapes[1:]:
        factors = [n / m for n, m in zip(shape, levels[-1].shape, strict=True)]
        levels.append(zoom(levels[-1], factors, order=order, mode="grid-constant", grid_mode=True))
        assert levels[-1].shape == shape
    return levels


def write(folder: Path, case: Case, levels: list[npt.NDArray[Any]]) -> Pyramid:
    for number, pixels in enumerate(levels):
        chunks = tuple(min(n, m) for n, m in zip(case.chunks, pixels.shape, strict=True))
        array = zarr.create_array(
            folder / str(number), shape=pixels.shape, chunks=chunks, dtype=pixels.dtype
        )
        array[...] = pixels
    return Pyramid(
        path="",
        axes=("c", "z", "y", "x")[-len(case.chunks) :],
        pixel_size=(1.0,) * len(case.chunks),
        levels=tuple(
            Level(
                path=str(number),
                shape=shape,
                chunks=tuple(min(n, m) for n, m in zip(case.chunks, shape, strict=True)),
                dtype=case.dtype,
            )
            for number, shape in enumerate(case.shapes)
        ),
        resampling=case.resampling,
        shifts=(),
    )


def pixels_to_look_at(case: Case) -> list[tuple[int, ...]]:
    """Return the corners and the middle of the finest level."""
    corners = itertools.product(*((0, size - 1) for size in case.shapes[0]))
    return [*corners, tuple(size // 2 for size in case.shapes[0])]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_scipy_makes_passes_wherever_one_looks(case: Case, tmp_path: Path) -> None:
    pyramid = write(tmp_path, case, pixels_of(case, seed=1))
    for pixel in pixels_to_look_at(case):
        assert coarse_differences(pyramid, tmp_path, pixel) == []


def zero(level: Path, _: npt.NDArray[Any]) -> None:
    zarr.open_array(level, mode="r+")[...] = 0


def lose(level: Path, _: npt.NDArray[Any]) -> None:
    shutil.rmtree(level / "c")


def make_stale(level: Path, before: npt.NDArray[Any]) -> None:
    zarr.open_array(level, mode="r+")[...] = before


def shift_by_a_pixel(level: Path, _: npt.NDArray[Any]) -> None:
    array = zarr.open_array(level, mode="r+")
    array[...] = np.roll(np.asarray(array[...]), 1, axis=-1)


SPOILED: dict[str, Callable[[Path, npt.NDArray[Any]], None]] = {
    "zero": zero,
    "lost": lose,
    "of another image": make_stale,
    "off by a pixel": shift_by_a_pixel,
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_found_wherever_one_looks(
    case: Case, spoil: Callable[[Path, npt.NDArray[Any]], None], tmp_path: Path
) -> None:
    pyramid = write(tmp_path, case, pixels_of(case, seed=1))
    before = pixels_of(case, seed=2)
    for level in range(1, len(case.shapes)):
        folder = shutil.copytree(tmp_path, tmp_path / f"spoiled-{level}")
        spoil(folder / str(level), before[level])
        for pixel in pixels_to_look_at(case):
            found = coarse_differences(pyramid, folder, pixel)
            assert any(
                text.startswith(f"array {level}: ")
                and text.endswith(f"array {level - 1} reduces to")
                for text in found
            ), pixel


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_one_more_or_less_is_found_in_what_must_be_whole(dtype: str, tmp_path: Path) -> None:
    case = Case(((32, 32), (16, 16)), (16, 16), dtype)
    levels = pixels_of(case, seed=1)
    for off in (-1, 1):
        folder = tmp_path / str(off)
        wrong = (levels[1].astype(np.int64) + off).astype(dtype)
        pyramid = write(folder, case, [levels[0], wrong])
        assert coarse_differences(pyramid, folder, (16, 16))


def test_a_torn_chunk_cannot_be_read(tmp_path: Path) -> None:
    case = CASES["halved, several chunks"]
    pyramid = write(tmp_path, case, pixels_of(case, seed=1))
    for path in (tmp_path / "2" / "c").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises((RuntimeError, ValueError)):
        coarse_differences(pyramid, tmp_path, (32, 48))
