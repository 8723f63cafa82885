"""However many regions there are, each chunk is decoded about once and each unit looked at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zarr

from tasks.pixels import blocks, landing, source
from tasks.pixels.chunk_codec import ChunkCodec
from tasks.pixels.write import write_pyramid
from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Shift, Window

Offset = tuple[int, int]


def make(
    folder: Path, size: int, chunk: int, shard: int | None, shifts: tuple[Shift, ...]
) -> tuple[Pyramid, npt.NDArray[Any]]:
    pixels = np.random.default_rng(1).integers(1, 500, size=(size, size)).astype("u2")
    shards = (shard, shard) if shard else None
    for root in ("source", "staged"):
        array = zarr.create_array(
            folder / root / "0",
            shape=(size, size),
            chunks=(chunk, chunk),
            shards=shards,
            dtype="u2",
            fill_value=0,
        )
        if root == "source":
            array[...] = pixels
    level = Level(
        path="0", shape=(size, size), chunks=(chunk, chunk), shards=shards, dtype="uint16"
    )
    pyramid = Pyramid(
        path="",
        axes=("y", "x"),
        pixel_size=(1, 1),
        levels=(level,),
        resampling="linear",
        shifts=shifts,
    )
    return pyramid, pixels


def fields(size: int, side: int, offset: Offset, overlap: int = 0) -> tuple[Shift, ...]:
    """Return a grid of fields that all move alike, but for a pixel more in every second one."""
    step = size // side
    found = []
    for row, column in np.ndindex(side, side):
        start = (row * step, column * step)
        window = Window(start=start, stop=tuple(a + step + overlap for a in start))
        clipped = window.clipped_to(Window.whole((size, size)))
        odd = (row + column) % 2
        moved = clipped.moved_by((offset[0] + odd, offset[1] - odd))
        shift = Shift(region=f"{row}/{column}", source=clipped, target=moved)
        found.append(shift.clipped_to((size, size), (size, size)))
    return tuple(found)


def expected(pixels: npt.NDArray[Any], shifts: tuple[Shift, ...]) -> npt.NDArray[Any]:
    out = np.zeros_like(pixels)
    for shift in shifts:
        out[shift.target.slices] = pixels[shift.source.slices]
    return out


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is a shard, or a chunk without shards, and larger than the cache of 48 tiles."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2 * 16**2)
    monkeypatch.setattr(landing, "BLOCK_BYTES", 8 * 2 * 16**2)
    monkeypatch.setattr(source, "CACHE_BYTES", 48 * 2 * 16**2)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pixels that codecs decode, whoever asks for them."""
    counted: list[int] = []
    decode = ChunkCodec.decode

    def counting(self: ChunkCodec, encoded: bytes, part: Window) -> npt.NDArray[Any]:
        counted.append(int(np.prod(self.shape)))
        return decode(self, encoded, part)

    monkeypatch.setattr(ChunkCodec, "decode", counting)
    return counted


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("overlap", [0, 3])
@pytest.mark.parametrize("side", [1, 16])
@pytest.mark.parametrize(
    "grid",
    [
        pytest.param((16, 256), id="one shard"),
        pytest.param((16, 128), id="some shards"),
        pytest.param((16, 48), id="shards that do not divide the image"),
        pytest.param((256, None), id="one chunk"),
        pytest.param((64, None), id="some chunks"),
    ],
)
def test_chunks_are_decoded_about_once_whatever_the_size_of_a_block(
    grid: tuple[int, int | None],
    side: int,
    overlap: int,
    tmp_path: Path,
    decoded: list[int],
) -> None:
    chunk, shard = grid
    shifts = fields(256, side, (3, -2), overlap)
    pyramid, pixels = make(tmp_path, 256, chunk, shard, shifts)
    decoded.clear()
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged", workers=2)
    written = np.asarray(zarr.open_array(tmp_path / "staged/0")[...])
    np.testing.assert_array_equal(written, expected(pixels, shifts))
    assert counts.chunks_decoded * chunk**2 == sum(decoded)
    assert sum(decoded) <= 1.15 * 256**2


@pytest.mark.usefixtures("little_room")
@pytest.mark.parametrize("offset", [(5, 7), (-5, -7), (-5, 7), (0, 0)])
def test_neighbours_are_decoded_for_their_own_place_first(offset: Offset, tmp_path: Path) -> None:
    """Whatever the direction of the move, of other chunks only the edges must wait."""
    whole = Window.whole((512, 512))
    shift = Shift(region="well", source=whole, target=whole.moved_by(offset))
    shifts = (shift.clipped_to((512, 512), (512, 512)),)
    pyramid, pixels = make(tmp_path, 512, 64, None, shifts)
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    written = np.asarray(zarr.open_array(tmp_path / "staged/0")[...])
    np.testing.assert_array_equal(written, expected(pixels, shifts))
    assert counts.chunks_decoded <= 1.05 * 64


def test_work_grows_with_units_and_regions_not_with_their_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests: list[int] = []
    clipped_to, enclosing = Window.clipped_to, Window.enclosing

    def counting(self: Window, other: Window) -> Window:
        tests.append(1)
        return clipped_to(self, other)

    def counting_too(self: Window, other: Window) -> Window:
        tests.append(1)
        return enclosing(self, other)

    monkeypatch.setattr(Window, "clipped_to", counting)
    monkeypatch.setattr(Window, "enclosing", counting_too)
    taken = []
    for size in (64, 128, 256):
        pyramid, _ = make(tmp_path / str(size), size, 8, None, fields(size, size // 8, (3, -2)))
        tests.clear()
        write_pyramid(pyramid, tmp_path / str(size) / "source", tmp_path / str(size) / "staged")
        taken.append(len(tests))
    # Four times the units and four times the regions, in one block.
    assert taken[2] <= 4.4 * taken[1] <= 4.4 * 4.4 * taken[0]


def test_what_is_hidden_is_not_read(tmp_path: Path) -> None:
    """A thousand regions, each over all the image, cost what the last of them costs."""
    whole = Window.whole((64, 64))
    shifts = tuple(
        Shift(region=str(n), source=whole, target=whole.moved_by((n % 7, 0))).clipped_to(
            (64, 64), (64, 64)
        )
        for n in range(1, 1001)
    )
    last = Shift(region="last", source=whole, target=whole)
    pyramid, pixels = make(tmp_path, 64, 16, None, (*shifts, last))
    counts = write_pyramid(pyramid, tmp_path / "source", tmp_path / "staged")
    assert counts.chunks_carried == counts.chunks_decoded == 16
    np.testing.assert_array_equal(zarr.open_array(tmp_path / "staged/0")[...], pixels)
