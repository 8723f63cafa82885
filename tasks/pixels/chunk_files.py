"""Chunks as files: encoded and decoded in the calling thread, the same bytes as zarr writes.

zarr sends every chunk through one event-loop thread and back; for fast codecs that costs as much as
the codec. Arrays whose chunks are plain files with at most one known compressor, which is what
microscopes and converters write, go straight to numcodecs, zarr's own codec library. All others
(shards, filters, Fortran order, rarer codecs) stay with zarr.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import numpy.typing as npt
import zarr
from numcodecs.abc import Codec
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

from tasks.pixels.blocks import BlockGrid, Index

COMPRESSORS_V3 = {"blosc": "blosc", "zstd": "zstd", "gzip": "gzip"}
"""Compressors of zarr format 3 and their names in numcodecs."""

SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}


class ChunkFiles:
    """The chunk files of one array; any number of threads may use disjoint chunks at once."""

    def __init__(
        self,
        folder: Path,
        array: zarr.Array[Any],
        compressor: Codec | None,
        stored: np.dtype[Any],
    ) -> None:
        """Take over an array that `open_chunk_files` found to be plain."""
        self.grid = BlockGrid(shape=array.shape, block=array.chunks)
        self._folder = folder
        self._key = array.metadata.encode_chunk_key
        self._compressor = compressor
        self._stored = stored
        self._fill = array.fill_value
        self._made: set[Path] = set()
        self._lock = threading.Lock()

    def read_bytes(self, index: Index) -> bytes | None:
        """Return a chunk as it is on disk, or None where there is no file.

        Raises:
            OSError: The file is there but cannot be read; names it.
        """
        try:
            return self._path(index).read_bytes()
        except FileNotFoundError:
            return None

    def decode(self, encoded: bytes) -> npt.NDArray[Any]:
        """Return a chunk's pixels, in the array's full chunk shape also at its edge.

        Raises:
            ValueError: The bytes are not a whole chunk; compressors raise RuntimeError and others.
        """
        plain = encoded if self._compressor is None else self._compressor.decode(encoded)
        pixels = np.frombuffer(plain, dtype=self._stored)
        return pixels.reshape(self.grid.block)

    def encode(self, pixels: npt.NDArray[Any]) -> bytes:
        """Return the bytes of a chunk; pixels beyond the array's edge become the fill value."""
        if pixels.shape != self.grid.block:
            whole = np.full(self.grid.block, self._fill or 0, dtype=self._stored)
            whole[tuple(slice(n) for n in pixels.shape)] = pixels
            pixels = whole
        ready = np.ascontiguousarray(pixels, dtype=self._stored)
        if self._compressor is None:
            return ready.tobytes()
        return bytes(self._compressor.encode(ready))

    def write_bytes(self, index: Index, encoded: bytes) -> None:
        """Write a chunk's file.

        Raises:
            OSError: It cannot be written; names the file.
        """
        path = self._path(index)
        self._make_folder(path.parent)
        try:
            with path.open("wb") as file:
                file.write(encoded)
                file.flush()
                _send_to_disk(file.fileno())
        except OSError as error:
            # A full disk is reported without the file's name.
            error.filename = error.filename or os.fspath(path)
            raise

    def _path(self, index: Index) -> Path:
        return self._folder / self._key(index)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._made:
            return
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._made.add(folder)


def _send_to_disk(descriptor: int) -> None:
    """Let the kernel begin to write a file out, without waiting for it.

    Everything is flushed before the swap: what is on its way by then costs no time at the end.
    """
    if hasattr(os, "posix_fadvise"):
        # On Linux this starts the write-out of dirty pages; it drops only those that are clean.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def open_chunk_files(folder: Path, array: zarr.Array[Any]) -> ChunkFiles | None:
    """Return an array's chunk files, or None where only zarr can read and write them.

    Args:
        folder: Where the array lies.
        array: The opened array.
    """
    metadata = array.metadata
    if isinstance(metadata, ArrayV2Metadata):
        if metadata.filters or metadata.order != "C":
            return None
        return ChunkFiles(folder, array, metadata.compressor, metadata.dtype.to_native_dtype())
    if isinstance(metadata, ArrayV3Metadata):
        return _open_format_3(folder, array, metadata)
    return None


def _open_format_3(
    folder: Path, array: zarr.Array[Any], metadata: ArrayV3Metadata
) -> ChunkFiles | None:
    if array.shards is not None or metadata.storage_transformers:
        return None
    first, *rest = (codec.to_dict() for codec in metadata.codecs)
    if first["name"] != "bytes" or len(rest) > 1:
        return None
    is_big = _configuration(first).get("endian") == "big"
    stored = array.dtype.newbyteorder(">" if is_big else "<")
    if not rest:
        return ChunkFiles(folder, array, None, stored)
    compressor = _compressor(rest[0])
    return None if compressor is None else ChunkFiles(folder, array, compressor, stored)


def _compressor(described: dict[str, Any]) -> Codec | None:
    name = COMPRESSORS_V3.get(described["name"])
    if name is None:
        return None
    configuration = _configuration(described)
    if name == "blosc":
        configuration["shuffle"] = SHUFFLES[configuration["shuffle"]]
    return numcodecs.get_codec({"id": name, **configuration})


def _configuration(described: dict[str, Any]) -> dict[str, Any]:
    return dict(described.get("configuration", {}))
