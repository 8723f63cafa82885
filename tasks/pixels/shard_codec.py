"""A shard's bytes and its pixels: its chunks one after the other, then an index of them.

The layout is that of zarr 3's `sharding_indexed` codec with its index at the end: offset and length
of every chunk as little-endian 64-bit integers in C order, both all ones for a chunk that holds the
fill value only, and a CRC32C of that index. Chunks lie in Morton order, as zarr-python writes them,
so that the bytes are the same.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from typing import Any, BinaryIO

import google_crc32c
import numpy as np
import numpy.typing as npt

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.chunk_codec import (
    ChunkCodec,
    Configuration,
    codec_of_format_3,
    configuration_of,
)
from tasks.plan.window import Window

ABSENT = np.iinfo("u8").max
CHECKSUM_BYTES = 4

PLAIN_INDEX = (
    {"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "crc32c"},
)


class ShardCodec:
    """One file holds a grid of chunks."""

    def __init__(self, shape: tuple[int, ...], chunks: ChunkCodec, fill: npt.NDArray[Any]) -> None:
        """Say how shards are stored.

        Args:
            shape: Of a shard, a multiple of the chunks' shape.
            chunks: How each of its chunks is stored.
            fill: What an absent chunk holds, an array of one pixel of the image's type.
        """
        self._grid = BlockGrid(shape=shape, block=chunks.shape)
        self._chunks = chunks
        self._fill = fill
        self._index_bytes = 16 * math.prod(self._grid.counts) + CHECKSUM_BYTES

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels of a shard."""
        return self._grid.shape

    def encode(self, pixels: npt.NDArray[Any]) -> bytes:
        """Return a shard's bytes; chunks that hold the fill value only are left out."""
        index = np.full((*self._grid.counts, 2), ABSENT, dtype="<u8")
        inside = Window.whole(pixels.shape)
        encoded = []
        end = 0
        for chunk in morton_order(self._grid.counts):
            part = self._grid.window(chunk).clipped_to(inside)
            values = pixels[part.slices]
            if self._is_absent(values):
                continue
            encoded.append(self._chunks.encode(values))
            index[chunk] = end, len(encoded[-1])
            end += len(encoded[-1])
        table = index.tobytes()
        checksum = google_crc32c.value(table).to_bytes(CHECKSUM_BYTES, "little")
        return b"".join((*encoded, table, checksum))

    def read(self, file: BinaryIO, part: Window) -> npt.NDArray[Any]:
        """Return some pixels of a shard; only the chunks that hold them are read and decoded."""
        size = file.seek(0, os.SEEK_END)
        index = self._read_index(file, size)
        pixels = np.empty(part.shape, dtype=self._fill.dtype)
        # As they lie in the file, which is not their order in the array.
        for chunk in sorted(self._grid.touching(part), key=lambda chunk: int(index[chunk][0])):
            offset, length = (int(n) for n in index[chunk])
            window = self._grid.window(chunk)
            wanted = part.clipped_to(window)
            into = wanted.moved_by(tuple(-a for a in part.start)).slices
            if offset == length == ABSENT:
                pixels[into] = self._fill
                continue
            if offset + length > size:
                raise ValueError(
                    f"chunk {chunk} of a shard ends at byte {offset + length} of {size}"
                )
            file.seek(offset)
            within = wanted.moved_by(tuple(-a for a in window.start))
            pixels[into] = self._chunks.decode(file.read(length), within)
        return pixels

    def _read_index(self, file: BinaryIO, size: int) -> npt.NDArray[Any]:
        if size < self._index_bytes:
            raise ValueError(f"a shard of {size} bytes has no room for its index")
        file.seek(size - self._index_bytes)
        stored = file.read(self._index_bytes)
        table, checksum = stored[:-CHECKSUM_BYTES], stored[-CHECKSUM_BYTES:]
        if google_crc32c.value(table) != int.from_bytes(checksum, "little"):
            raise ValueError("the checksum of a shard's index is wrong")
        return np.frombuffer(table, dtype="<u8").reshape(*self._grid.counts, 2)

    def _is_absent(self, values: npt.NDArray[Any]) -> bool:
        if not self._fill.any():
            return not values.any()
        same = values == self._fill
        if self._fill.dtype.kind in "fc":
            same |= np.isnan(values) & np.isnan(self._fill)
        return bool(same.all())


def codec_of_shards(
    described: Configuration, shape: tuple[int, ...], dtype: np.dtype[Any], fill: Any
) -> ShardCodec | None:
    """Return the codec of shards, or None where only zarr knows it.

    Args:
        described: The sharding codec, as the metadata lists it.
        shape: Of a shard.
        dtype: The pixels' type.
        fill: The array's fill value.
    """
    configuration = configuration_of(described)
    index = [
        {name: value for name, value in codec.items() if value}
        for codec in configuration["index_codecs"]
    ]
    if configuration.get("index_location", "end") != "end" or index != list(PLAIN_INDEX):
        return None
    chunk_shape = tuple(configuration["chunk_shape"])
    chunks = codec_of_format_3(configuration["codecs"], chunk_shape, dtype, fill)
    return None if chunks is None else ShardCodec(shape, chunks, np.array(fill, dtype=dtype))


@lru_cache(maxsize=16)
def morton_order(counts: tuple[int, ...]) -> tuple[Index, ...]:
    """Return all positions of a grid in Morton order: bits interleaved, the first axis' lowest."""
    bits = [(n - 1).bit_length() for n in counts]

    def key(index: Index) -> int:
        place = code = 0
        for level in range(max(bits, default=0)):
            for position, length in zip(index, bits, strict=True):
                if level < length:
                    code |= (position >> level & 1) << place
                    place += 1
        return code

    return tuple(sorted(np.ndindex(*counts), key=key))
