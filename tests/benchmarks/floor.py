"""The least that registering an image can take: its codec's work and writing the bytes.

Every source chunk is read and decoded once, every chunk of every level of the result encoded once
and written, on all cores, with nothing in between: no shift, no pyramid, no metadata, no fsync.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numcodecs import Blosc, Zstd
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, ZstdCodec

from tests.plates import level_paths

BATCH_CHUNKS = 64
"""Decoded chunks held at a time while they wait to be encoded."""

_SHUFFLES = {"noshuffle": Blosc.NOSHUFFLE, "shuffle": Blosc.SHUFFLE, "bitshuffle": Blosc.BITSHUFFLE}


@dataclass(frozen=True)
class StoredLevel:
    """The chunk files of one zarr array, and the codec that they are written with."""

    folder: Path
    codec: Any
    dtype: np.dtype[Any]
    chunks_per_shard: int
    """0 where there are no shards."""

    @classmethod
    def open(cls, folder: Path) -> StoredLevel:
        """Read what is needed of an array's metadata."""
        array = zarr.open_array(folder, mode="r")
        shards = 0
        if array.shards is not None:
            shards = int(np.prod([s // c for s, c in zip(array.shards, array.chunks, strict=True)]))
        return cls(folder, _numcodec(array.compressors[0]), np.dtype(array.dtype), shards)

    def files(self) -> list[Path]:
        """Return the files of all chunks (shards)."""
        metadata = {".zarray", ".zattrs", "zarr.json"}
        return [f for f in self.folder.rglob("*") if f.is_file() and f.name not in metadata]

    def decode(self, file: Path) -> list[NDArray[Any]]:
        """Return the pixels of every chunk in a file."""
        stored = file.read_bytes()
        return [
            np.frombuffer(self.codec.decode(chunk), dtype=self.dtype)
            for chunk in self._split(stored)
        ]

    def encode(self, chunks: list[NDArray[Any]], file: Path) -> None:
        """Encode chunks and write them to one file."""
        file.write_bytes(b"".join(bytes(self.codec.encode(chunk)) for chunk in chunks))

    def _split(self, stored: bytes) -> Iterator[bytes]:
        if not self.chunks_per_shard:
            yield stored
            return
        # zarr's sharding codec: offset and length of every chunk, then a checksum of 4 bytes.
        index = np.frombuffer(stored[-16 * self.chunks_per_shard - 4 : -4], dtype="<u8")
        for offset, length in index.reshape(-1, 2):
            if length != np.iinfo("u8").max:
                yield stored[int(offset) : int(offset + length)]


def floor_seconds(source: Path, result: Path, scratch: Path, workers: int) -> float:
    """Return the least time for making `result` from `source`, two images of one grid."""
    scratch.mkdir(parents=True)
    seconds = 0.0
    names = itertools.count()
    with ThreadPoolExecutor(workers) as pool:
        for multiscale in _multiscales(source):
            finest = StoredLevel.open(multiscale / level_paths(multiscale)[0])
            files = finest.files()
            start = time.perf_counter()
            for decoded in pool.map(finest.decode, files):
                del decoded
            seconds += time.perf_counter() - start
        for multiscale in _multiscales(result):
            for path in level_paths(multiscale):
                level = StoredLevel.open(multiscale / path)
                files = level.files()
                for first in range(0, len(files), BATCH_CHUNKS):
                    pixels = list(pool.map(level.decode, files[first : first + BATCH_CHUNKS]))
                    targets = [scratch / f"{next(names)}" for _ in pixels]
                    start = time.perf_counter()
                    list(pool.map(level.encode, pixels, targets))
                    seconds += time.perf_counter() - start
    return seconds


def _multiscales(image: Path) -> list[Path]:
    labels = image / "labels"
    return [image, *sorted(f for f in labels.iterdir() if f.is_dir())]


def _numcodec(codec: Any) -> Any:
    if isinstance(codec, ZstdCodec):
        return Zstd(level=codec.level, checksum=codec.checksum)
    if isinstance(codec, BloscCodec):
        shuffle = _SHUFFLES[codec.shuffle.value] if codec.shuffle else Blosc.NOSHUFFLE
        return Blosc(codec.cname.value, codec.clevel, shuffle, codec.blocksize)
    return codec
