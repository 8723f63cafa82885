"""The files of one array: chunks, or shards where there are shards, as bytes and as pixels."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

from tasks.pixels.blocks import BlockGrid, Index
from tasks.pixels.chunk_codec import UnitCodec, codec_of_format_2, codec_of_format_3
from tasks.pixels.shard_codec import codec_of_shards
from tasks.plan.window import Window


class ChunkFiles:
    """The files of one array; any number of threads may use disjoint ones at once."""

    def __init__(self, folder: Path, array: zarr.Array[Any], codec: UnitCodec) -> None:
        """Take over an array whose files `open_chunk_files` knows how to read."""
        self.grid = BlockGrid(shape=array.shape, block=codec.shape)
        self._folder = folder
        self._key = array.metadata.encode_chunk_key
        self._codec = codec
        self._dtype = array.dtype
        self._fill = array.fill_value or 0
        self._made: set[Path] = set()
        self._lock = threading.Lock()

    def read(self, index: Index, part: Window) -> npt.NDArray[Any]:
        """Return some pixels of a file; the fill value where there is no file.

        Args:
            index: Which file.
            part: Which of its pixels, counted from its first one.

        Raises:
            OSError: The file is there but cannot be read; names it.
            ValueError: The file cannot be decoded; see `DECODING_ERRORS` for what else it may be.
        """
        try:
            file = self._path(index).open("rb")
        except FileNotFoundError:
            return np.full(part.shape, self._fill, dtype=self._dtype)
        with file:
            return self._codec.read(file, part)

    def write(self, index: Index, pixels: npt.NDArray[Any]) -> None:
        """Encode pixels and write a new file; those beyond the array's edge may be missing.

        Raises:
            OSError: It cannot be written, or is there already; names the file.
        """
        encoded = self._codec.encode(pixels)
        path = self._path(index)
        self._make_folder(path.parent)
        try:
            # Never over another: that may be a file which the original has too.
            with path.open("xb") as file:
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
    """Return an array's files, or None where only zarr can read and write them.

    These are arrays with filters, in Fortran order, or with rarer codecs.

    Args:
        folder: Where the array lies.
        array: The opened array.
    """
    codec = _codec_of(array)
    return None if codec is None else ChunkFiles(folder, array, codec)


def _codec_of(array: zarr.Array[Any]) -> UnitCodec | None:
    metadata = array.metadata
    if isinstance(metadata, ArrayV2Metadata):
        return codec_of_format_2(metadata)
    if not isinstance(metadata, ArrayV3Metadata) or metadata.storage_transformers:
        return None
    codecs = [dict(codec.to_dict()) for codec in metadata.codecs]
    if array.shards is None:
        return codec_of_format_3(codecs, array.chunks, array.dtype, array.fill_value)
    if len(codecs) > 1:
        return None
    return codec_of_shards(codecs[0], array.shards, array.dtype, array.fill_value)
