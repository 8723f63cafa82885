"""Chunks written as files are byte for byte what zarr writes, and are read as zarr reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from tasks.pixels.chunk_files import open_chunk_files
from tasks.plan.window import Window

PIXELS = np.random.default_rng(0).integers(0, 500, size=(45, 61))

PART = Window(start=(3, 5), stop=(9, 20))

PLAIN = [
    pytest.param(2, None, id="format 2, not compressed"),
    pytest.param(2, numcodecs.Blosc("lz4", shuffle=1), id="format 2, blosc-lz4"),
    pytest.param(2, numcodecs.Blosc("zstd", shuffle=2), id="format 2, blosc-zstd, bits shuffled"),
    pytest.param(2, numcodecs.Zstd(3), id="format 2, zstd"),
    pytest.param(2, numcodecs.Zlib(1), id="format 2, zlib"),
    pytest.param(3, None, id="format 3, not compressed"),
    pytest.param(3, BloscCodec(cname="lz4"), id="format 3, blosc-lz4"),
    pytest.param(3, BloscCodec(cname="zstd", shuffle="bitshuffle"), id="format 3, blosc-zstd"),
    pytest.param(3, ZstdCodec(level=0), id="format 3, zstd"),
    pytest.param(3, ZstdCodec(level=3, checksum=True), id="format 3, zstd with checksum"),
]


def create(path: Path, zarr_format: int, compressor: Any, dtype: str, **options: Any) -> Any:
    return zarr.create_array(
        path,
        shape=PIXELS.shape,
        chunks=(16, 20),
        dtype=dtype,
        zarr_format=zarr_format,  # type: ignore[arg-type]
        compressors=compressor,
        **{"filters": None, "fill_value": 0, **options},
    )


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("dtype", ["<u2", "other order", "<f4", "i1", "bool"])
@pytest.mark.parametrize(("zarr_format", "compressor"), PLAIN)
def test_same_bytes_as_zarr(
    zarr_format: int, compressor: Any, dtype: str, separator: str, tmp_path: Path
) -> None:
    if dtype == "other order":
        # Format 3 keeps the byte order in its codec: tested below.
        dtype = ">u2" if zarr_format == 2 else "<i4"
    name = "v2" if zarr_format == 2 else "default"
    keys = {"chunk_key_encoding": {"name": name, "separator": separator}}
    pixels = PIXELS.astype(dtype)
    by_zarr = create(tmp_path / "zarr", zarr_format, compressor, dtype, **keys)
    by_zarr[...] = pixels
    ours = create(tmp_path / "ours", zarr_format, compressor, dtype, **keys)
    writing = open_chunk_files(tmp_path / "ours", ours)
    reading = open_chunk_files(tmp_path / "zarr", by_zarr)
    assert writing is not None
    assert reading is not None
    for index in np.ndindex(writing.grid.counts):
        window = writing.grid.window(index)
        writing.write(index, pixels[window.slices])
        decoded = reading.read(index, Window.whole(window.shape))
        np.testing.assert_array_equal(decoded, pixels[window.slices])
    assert files(tmp_path / "ours") == files(tmp_path / "zarr")


def test_big_endian_in_format_3(tmp_path: Path) -> None:
    array = create(
        tmp_path, 3, None, "u2", serializer=zarr.codecs.BytesCodec(endian="big"), filters="auto"
    )
    writing = open_chunk_files(tmp_path, array)
    assert writing is not None
    writing.write((0, 0), PIXELS[:16, :20].astype("u2"))
    np.testing.assert_array_equal(array[:16, :20], PIXELS[:16, :20])


def test_edge_chunks_are_padded_with_the_fill_value(tmp_path: Path) -> None:
    by_zarr = create(tmp_path / "zarr", 2, None, "u2", fill_value=7)
    by_zarr[...] = PIXELS
    ours = open_chunk_files(
        tmp_path / "ours", create(tmp_path / "ours", 2, None, "u2", fill_value=7)
    )
    assert ours is not None
    ours.write((2, 3), PIXELS[32:, 60:].astype("u2"))
    assert (tmp_path / "ours/2.3").read_bytes() == (tmp_path / "zarr/2.3").read_bytes()


@pytest.mark.parametrize(
    ("zarr_format", "options"),
    [
        pytest.param(
            3,
            {
                "shards": (32, 40),
                "compressors": [ZstdCodec(), Crc32cCodec()],
            },
            id="shards of chunks with two codecs",
        ),
        pytest.param(2, {"filters": [numcodecs.Delta(dtype="<u2")]}, id="a filter"),
        pytest.param(2, {"order": "F"}, id="Fortran order"),
        pytest.param(3, {"compressors": [ZstdCodec(), Crc32cCodec()]}, id="two codecs"),
        pytest.param(3, {"compressors": [Crc32cCodec()]}, id="a codec that is no compressor"),
    ],
)
def test_all_else_is_left_to_zarr(
    zarr_format: int, options: dict[str, Any], tmp_path: Path
) -> None:
    array = create(tmp_path, zarr_format, options.pop("compressors", None), "<u2", **options)
    assert open_chunk_files(tmp_path, array) is None


def test_a_chunk_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    ours = open_chunk_files(tmp_path, create(tmp_path, 2, None, "u2"))
    assert ours is not None
    (tmp_path / "0.0").mkdir()
    with pytest.raises(OSError, match=r"0\.0"):
        ours.write((0, 0), PIXELS[:16, :20].astype("u2"))


@pytest.mark.parametrize("fill_value", [0, 7])
def test_no_file_holds_the_fill_value(fill_value: int, tmp_path: Path) -> None:
    ours = open_chunk_files(tmp_path, create(tmp_path, 2, None, "u2", fill_value=fill_value))
    assert ours is not None
    np.testing.assert_array_equal(ours.read((0, 0), PART), np.full(PART.shape, fill_value, "u2"))


def test_half_a_chunk_is_refused(tmp_path: Path) -> None:
    ours = open_chunk_files(tmp_path, create(tmp_path, 2, None, "u2"))
    (tmp_path / "0.0").write_bytes(bytes(100))
    assert ours is not None
    with pytest.raises(ValueError, match="reshape"):
        ours.read((0, 0), PART)
