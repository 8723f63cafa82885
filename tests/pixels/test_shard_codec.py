"""Shards are byte for byte what zarr writes, are read as zarr reads them, and damage is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, Crc32cCodec, ShardingCodec, ZstdCodec

from tasks.pixels.chunk_codec import DECODING_ERRORS
from tasks.pixels.chunk_files import ChunkFiles, open_chunk_files
from tasks.pixels.shard_codec import morton_order
from tasks.plan.window import Window

Shape = tuple[int, ...]


def create(path: Path, shape: Shape, chunks: Shape, shards: Shape, **options: Any) -> Any:
    return zarr.create_array(
        path,
        shape=shape,
        chunks=chunks,
        shards=shards,
        **{"dtype": "u2", "fill_value": 0, **options},
    )


def opened(path: Path, array: Any) -> ChunkFiles:
    files = open_chunk_files(path, array)
    assert files is not None
    return files


def stored(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def check(folder: Path, pixels: Any, chunks: Shape, shards: Shape, **options: Any) -> None:
    by_zarr = create(folder / "zarr", pixels.shape, chunks, shards, dtype=pixels.dtype, **options)
    by_zarr[...] = pixels
    ours = create(folder / "ours", pixels.shape, chunks, shards, dtype=pixels.dtype, **options)
    writing, reading = opened(folder / "ours", ours), opened(folder / "zarr", by_zarr)
    for index in np.ndindex(writing.grid.counts):
        window = writing.grid.window(index)
        part = pixels[window.slices]
        if (part == options.get("fill_value", 0)).all():
            continue  # not written, by zarr as by us
        writing.write(index, part)
        np.testing.assert_array_equal(reading.read(index, Window.whole(window.shape)), part)
    assert stored(folder / "ours") == stored(folder / "zarr")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="zarr's default codec"),
        pytest.param({"compressors": None}, id="not compressed"),
        pytest.param({"compressors": BloscCodec(cname="lz4")}, id="blosc-lz4"),
        pytest.param({"compressors": ZstdCodec(level=3, checksum=True)}, id="zstd, checksum"),
        pytest.param({"dtype": ">i4"}, id="big-endian"),
        pytest.param({"fill_value": 7}, id="a fill value that is not zero"),
    ],
)
def test_same_bytes_as_zarr(options: dict[str, Any], tmp_path: Path) -> None:
    options = dict(options)
    pixels = np.random.default_rng(1).integers(1, 500, size=(3, 45, 61))
    pixels[0, :20, :40] = options.get("fill_value", 0)
    pixels[2] = options.get("fill_value", 0)
    dtype = options.pop("dtype", "u2")
    check(tmp_path, pixels.astype(dtype), (1, 8, 10), (2, 24, 30), **options)


def test_missing_numbers_as_fill_value(tmp_path: Path) -> None:
    pixels = np.full((16, 16), np.nan, dtype="f4")
    pixels[3, 3] = 1
    array = create(tmp_path / "ours", (16, 16), (4, 4), (16, 16), dtype="f4", fill_value=np.nan)
    files = opened(tmp_path / "ours", array)
    files.write((0, 0), pixels)
    np.testing.assert_array_equal(array[...], pixels)
    np.testing.assert_array_equal(files.read((0, 0), Window.whole((16, 16))), pixels)
    # One of 16 chunks is there: 64 bytes at most, and the index.
    assert (tmp_path / "ours/c/0/0").stat().st_size < 64 + 16 * 16 + 4 + 20


axis = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 12))


@settings(max_examples=40, deadline=None)
@given(axes=st.lists(axis, min_size=1, max_size=4), seed=st.integers(0, 9))
def test_any_grid(
    axes: list[tuple[int, int, int]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(n for _, _, n in axes)
    chunks = tuple(c for c, _, _ in axes)
    shards = tuple(c * count for c, count, _ in axes)
    pixels = random.integers(0, 3, size=shape).astype("u1") * (random.random(shape) < 0.3)
    check(tmp_path_factory.mktemp("any"), pixels.astype("u1"), chunks, shards, compressors=None)


def test_a_part_of_a_shard(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(1, 500, size=(64, 64)).astype("u2")
    array = create(tmp_path, (64, 64), (16, 16), (64, 64))
    array[...] = pixels
    part = Window(start=(10, 17), stop=(40, 33))
    np.testing.assert_array_equal(opened(tmp_path, array).read((0, 0), part), pixels[10:40, 17:33])


@pytest.mark.parametrize("counts", [(1,), (2, 2), (3, 5), (1, 4, 4), (2, 1, 3, 5)])
def test_every_place_once(counts: Shape) -> None:
    assert sorted(morton_order(counts)) == list(np.ndindex(*counts))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda b: b[:50], id="too short for an index"),
        pytest.param(lambda b: b[:-60] + b[-50:], id="a piece of the index is missing"),
        pytest.param(lambda b: b[:-1] + bytes([b[-1] ^ 1]), id="wrong checksum"),
        pytest.param(lambda b: b[300:], id="chunks cut off, index whole"),
        pytest.param(lambda _: b"", id="empty file"),
    ],
)
def test_damage_is_refused(damage: Any, tmp_path: Path) -> None:
    array = create(tmp_path, (32, 32), (16, 16), (32, 32))
    array[...] = np.random.default_rng(1).integers(1, 500, size=(32, 32)).astype("u2")
    file = tmp_path / "c/0/0"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DECODING_ERRORS):
        opened(tmp_path, array).read((0, 0), Window.whole((32, 32)))


@pytest.mark.parametrize(
    "sharding",
    [
        pytest.param({"index_location": "start"}, id="index at the start"),
        pytest.param({"index_codecs": [zarr.codecs.BytesCodec()]}, id="index without checksum"),
        pytest.param(
            {"codecs": [zarr.codecs.BytesCodec(), ZstdCodec(), Crc32cCodec()]},
            id="chunks with a checksum",
        ),
    ],
)
def test_all_else_is_left_to_zarr(sharding: dict[str, Any], tmp_path: Path) -> None:
    codec = ShardingCodec(chunk_shape=(16, 16), **sharding)
    array = zarr.create(
        store=tmp_path, shape=(32, 32), chunks=(32, 32), dtype="u2", codecs=[codec], zarr_format=3
    )
    assert open_chunk_files(tmp_path, array) is None
