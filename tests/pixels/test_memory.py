"""Peak memory stays below the bound that the plan states, and does not grow with the image."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.pixels import memory
from tasks.pixels.memory import pyramid_memory_bytes
from tasks.pixels.write import write_pyramid
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Interpolation, Shift, Window
from tests.peak_memory import peak_grown_by

PLANE = (1536, 1792)
CHUNK = (512, 512)
INNER = (128, 128)
"""Chunks, where `CHUNK` is a shard."""


def make(
    folder: Path,
    planes: int,
    interpolation: Interpolation = "none",
    fraction: tuple[float, ...] = (),
    *,
    sharded: bool = False,
    dtype: str = "uint16",
    plane: tuple[int, int] = PLANE,
) -> Pyramid:
    random = np.random.default_rng(planes)
    levels = []
    for number in range(3):
        shape = (planes, *(n // 2**number for n in plane))
        for root in ("source", "staged"):
            zarr.create_array(
                folder / root / str(number),
                shape=shape,
                chunks=(1, *INNER) if sharded else (1, *CHUNK),
                shards=(1, *CHUNK) if sharded else None,
                dtype=dtype,
                zarr_format=3 if sharded else 2,
            )
        levels.append(
            Level(
                path=str(number),
                shape=shape,
                chunks=(1, *INNER) if sharded else (1, *CHUNK),
                shards=(1, *CHUNK) if sharded else None,
                dtype=dtype,
            )
        )
    pixels = random.integers(0, 4000, size=plane).astype(dtype)
    source = zarr.open_array(folder / "source/0", mode="r+")
    for z in range(planes):
        source[z] = np.roll(pixels, z, axis=0)
    window = Window(start=(0, 29, 0), stop=(planes, plane[0], plane[1] - 70))
    moved = Shift(
        region="well",
        source=window,
        target=window.moved_by((0, -29, 70)),
        fraction=fraction,
    )
    return Pyramid(
        path="",
        axes=("z", "y", "x"),
        pixel_size=(1.0, 1.0, 1.0),
        levels=tuple(levels),
        resampling="linear",
        shifts=(moved,),
        interpolation=interpolation,
    )


def measured(folder: Path, pyramid: Pyramid) -> int:
    small = pyramid.model_copy(update={"shifts": ()})
    write = partial(write_pyramid, source=folder / "source", staged=folder / "staged", workers=2)
    return peak_grown_by(partial(write, small), partial(write, pyramid))


def test_peak_memory_is_below_the_bound_and_does_not_grow(tmp_path: Path) -> None:
    peaks, bounds = [], []
    for planes in (12, 24, 48):
        folder = tmp_path / str(planes)
        pyramid = make(folder, planes)
        bounds.append(pyramid_memory_bytes(pyramid, workers=2))
        peaks.append(measured(folder, pyramid))
    image = 48 * PLANE[0] * PLANE[1] * 2
    assert 0 < max(peaks) < min(bounds), (peaks, bounds)
    assert max(bounds) < image
    # The image has four times the planes; the cache of decoded tiles may fill up a little more.
    assert peaks[2] < 1.3 * peaks[1] + 8 * 2**20, (peaks, bounds)


def test_peak_memory_of_shards_is_below_the_bound(tmp_path: Path) -> None:
    pyramid = make(tmp_path, 24, sharded=True)
    bound = pyramid_memory_bytes(pyramid, workers=2)
    peak = measured(tmp_path, pyramid)
    assert 0 < peak < bound, (peak, bound)


@pytest.mark.parametrize(
    ("dtype", "sharded"),
    [
        pytest.param("bool", True, id="the narrowest pixels, in shards"),
        pytest.param("uint8", False, id="narrow pixels"),
    ],
)
def test_narrow_pixels_that_are_averaged_in_wide_ones_stay_within_the_bound(
    dtype: str, sharded: bool, tmp_path: Path
) -> None:
    pyramid = make(tmp_path, 4, sharded=sharded, dtype=dtype, plane=(3075, 3073))
    bound = pyramid_memory_bytes(pyramid, workers=2)
    peak = measured(tmp_path, pyramid)
    assert 0 < peak < bound, (peak, bound)


def test_pixels_between_pixels_stay_within_the_bound_too(tmp_path: Path) -> None:
    """Along z, blocks of one plane are made from four: the most that interpolating can take."""
    peaks = []
    for planes in (12, 24):
        folder = tmp_path / str(planes)
        pyramid = make(folder, planes, "cubic", (0.3, -0.4, 0.2))
        bound = pyramid_memory_bytes(pyramid, workers=2)
        peaks.append(measured(folder, pyramid))
        assert peaks[-1] < bound
        whole = pyramid.model_copy(update={"shifts": (), "interpolation": "none"})
        # Four planes of a block and a margin, of one and a half of its size.
        assert bound > pyramid_memory_bytes(whole, workers=2) + 2 * 4 * 2 * CHUNK[0] * CHUNK[1]
    assert peaks[1] < 1.3 * peaks[0] + 8 * 2**20, peaks


def test_more_workers_and_larger_chunks_need_more() -> None:
    def pyramid(chunk: int) -> Pyramid:
        level = Level(path="0", shape=(8192, 8192), chunks=(chunk, chunk), dtype="uint16")
        return Pyramid(
            path="",
            axes=("y", "x"),
            pixel_size=(1, 1),
            levels=(level,),
            resampling="linear",
            shifts=(),
        )

    assert pyramid_memory_bytes(pyramid(2048), 4) > pyramid_memory_bytes(pyramid(2048), 2)
    assert pyramid_memory_bytes(pyramid(8192), 2) > pyramid_memory_bytes(pyramid(2048), 2)


@pytest.mark.parametrize("factor", [1, 4])
def test_the_bound_depends_on_the_number_of_planes_only_below_the_cache(factor: int) -> None:
    def bound(planes: int) -> int:
        levels = tuple(
            Level(
                path=str(n),
                shape=(planes, 4096 // 2**n, 4096 // 2**n),
                chunks=(1, 1024, 1024),
                dtype="uint16",
            )
            for n in range(3)
        )
        return memory.pyramid_memory_bytes(
            Pyramid(
                path="",
                axes=("z", "y", "x"),
                pixel_size=(1, 1, 1),
                levels=levels,
                resampling="linear",
                shifts=(),
            ),
            2,
        )

    assert bound(8 * factor) == bound(8)
