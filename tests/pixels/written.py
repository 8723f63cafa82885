"""Small pyramids on disk, what is written of them, and what slicing and ngio's zoom make."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zarr
from ngio.common._zoom import numpy_zoom

from tasks.pixels.write import WrittenPixels, write_pyramid
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window

Shape = tuple[int, ...]


def shift(start: Shape, offset: Shape, shape: Shape, region: str = "FOV_1") -> Shift:
    source = Window(start=start, stop=tuple(a + n for a, n in zip(start, shape, strict=True)))
    return Shift(region=region, source=source, target=source.moved_by(offset))


class Case(NamedTuple):
    """One image on disk and how it moves."""

    levels: tuple[Shape, ...]
    chunks: Shape
    shifts: tuple[Shift, ...]
    dtype: str = "uint16"
    shards: Shape | None = None
    zarr_format: int = 2
    resampling: Any = "linear"
    fill_value: float = 0


def make(case: Case, folder: Path) -> tuple[Pyramid, npt.NDArray[Any]]:
    random = np.random.default_rng(1)
    pixels = random.integers(1, 120, size=case.levels[0]).astype(case.dtype)
    levels = []
    for number, shape in enumerate(case.levels):
        chunks = tuple(min(c, n) for c, n in zip(case.chunks, shape, strict=True))
        options: dict[str, Any] = {}
        if case.shards:
            options["shards"] = tuple(
                -(-min(s, n) // c) * c for s, n, c in zip(case.shards, shape, chunks, strict=True)
            )
        for root in ("source", "staged"):
            array = zarr.create_array(
                folder / root / str(number),
                shape=shape,
                chunks=chunks,
                dtype=case.dtype,
                zarr_format=case.zarr_format,  # type: ignore[arg-type]
                fill_value=case.fill_value,
                **options,
            )
            if number == 0 and root == "source":
                array[...] = pixels
        levels.append(
            Level(
                path=str(number),
                shape=shape,
                chunks=array.chunks,
                shards=array.shards,
                dtype=case.dtype,
            )
        )
    pyramid = Pyramid(
        path="",
        axes=tuple("tczyx"[-len(case.levels[0]) :]),
        pixel_size=(1.0,) * len(case.levels[0]),
        levels=tuple(levels),
        resampling=case.resampling,
        shifts=case.shifts,
    )
    return pyramid, pixels


def expected_levels(case: Case, pixels: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    expected = np.zeros_like(pixels)
    for move in case.shifts:
        expected[move.target.slices] = pixels[move.source.slices]
    levels = [expected]
    for shape in case.levels[1:]:
        levels.append(numpy_zoom(levels[-1], target_shape=shape, order=case.resampling))
    return levels


def written_levels(pyramid: Pyramid, folder: Path) -> list[npt.NDArray[Any]]:
    return [
        np.asarray(zarr.open_array(folder / "staged" / level.path, mode="r")[...])
        for level in pyramid.levels
    ]


def check(case: Case, folder: Path, workers: int = 2) -> WrittenPixels:
    pyramid, pixels = make(case, folder)
    counts = write_pyramid(pyramid, folder / "source", folder / "staged", workers=workers)
    for written, expected in zip(
        written_levels(pyramid, folder), expected_levels(case, pixels), strict=True
    ):
        np.testing.assert_array_equal(written, expected)
    return counts


STILL = shift((0, 0, 0), (0, 0, 0), (1, 128, 128))
QUAD = ((1, 128, 128), (1, 64, 64), (1, 32, 32))


def make_still(folder: Path, **storage: Any) -> Pyramid:
    """Make an image that does not move, whose source has all levels."""
    case = Case(QUAD, (1, 32, 32), (STILL,), **storage)
    pyramid, pixels = make(case, folder)
    for number, level in enumerate(expected_levels(case, pixels)):
        zarr.open_array(folder / "source" / str(number), mode="r+")[...] = level
    return pyramid
