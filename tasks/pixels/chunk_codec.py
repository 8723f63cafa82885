"""A chunk's bytes and its pixels: encoded in the calling thread, the same bytes as zarr writes.

zarr sends every chunk through one event-loop thread and back; for fast codecs that costs as much as
the codec. Chunks with at most one known compressor, which is what microscopes and converters write,
go straight to numcodecs, zarr's own codec library.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

import numcodecs
import numpy as np
import numpy.typing as npt
from numcodecs.abc import Codec
from zarr.core.metadata import ArrayV2Metadata

from tasks.plan.window import Window

DECODING_ERRORS = (ValueError, RuntimeError, TypeError, IndexError, EOFError, zlib.error)
"""What the codecs of zarr and numcodecs raise on bytes that they cannot decode."""

COMPRESSORS_V3 = {"blosc": "blosc", "zstd": "zstd", "gzip": "gzip"}
"""Compressors of zarr format 3 and their names in numcodecs."""

SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}

Configuration = dict[str, Any]


class UnitCodec(Protocol):
    """Encodes and decodes the files of one array: chunks, or shards where there are shards."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels that every file holds, also at the array's edge."""

    def encode(self, pixels: npt.NDArray[Any]) -> bytes:
        """Return the bytes of a file; pixels beyond the array's edge become the fill value."""

    def read(self, file: BinaryIO, part: Window) -> npt.NDArray[Any]:
        """Return some pixels of a file.

        Args:
            file: Opened at its start; no more of it is read than the pixels need.
            part: Which pixels, counted from the file's first one.

        Raises:
            OSError: It cannot be read.
            ValueError: The bytes are not what they should be; see `DECODING_ERRORS` for what
                compressors raise.
        """


class ChunkCodec:
    """One chunk is one file."""

    def __init__(
        self,
        shape: tuple[int, ...],
        stored: np.dtype[Any],
        compressor: Codec | None,
        fill: Any,
    ) -> None:
        """Say how chunks are stored.

        Args:
            shape: Of a chunk.
            stored: The pixels' type with its byte order on disk.
            compressor: None where bytes are stored as they are.
            fill: What pixels beyond the array's edge are set to.
        """
        self._shape = shape
        self._stored = stored
        self._compressor = compressor
        self._fill = fill or 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels of a chunk."""
        return self._shape

    def encode(self, pixels: npt.NDArray[Any]) -> bytes:
        """Return a chunk's bytes."""
        if pixels.shape != self._shape:
            whole = np.full(self._shape, self._fill, dtype=self._stored)
            whole[tuple(slice(n) for n in pixels.shape)] = pixels
            pixels = whole
        ready = np.ascontiguousarray(pixels, dtype=self._stored)
        if self._compressor is None:
            return ready.tobytes()
        return bytes(self._compressor.encode(ready))

    def read(self, file: BinaryIO, part: Window) -> npt.NDArray[Any]:
        """Return some pixels of the chunk that a file holds."""
        return self.decode(file.read(), part)

    def decode(self, encoded: bytes, part: Window) -> npt.NDArray[Any]:
        """Return some pixels of a chunk, without copying them."""
        plain = encoded if self._compressor is None else self._compressor.decode(encoded)
        pixels = np.frombuffer(plain, dtype=self._stored).reshape(self._shape)
        return pixels[part.slices]


def codec_of_format_2(metadata: ArrayV2Metadata) -> ChunkCodec | None:
    """Return the codec of a zarr 2 array, or None where only zarr knows it."""
    if metadata.filters or metadata.order != "C":
        return None
    compressor = metadata.compressor
    stored = metadata.dtype.to_native_dtype()
    return ChunkCodec(metadata.chunks, stored, compressor, metadata.fill_value)


def codec_of_format_3(
    codecs: Sequence[Configuration], shape: tuple[int, ...], dtype: np.dtype[Any], fill: Any
) -> ChunkCodec | None:
    """Return the codec of chunks in zarr 3, or None where only zarr knows it.

    Args:
        codecs: As the metadata lists them.
        shape: Of a chunk.
        dtype: The pixels' type.
        fill: The array's fill value.
    """
    first, *rest = codecs
    if first["name"] != "bytes" or len(rest) > 1:
        return None
    is_big = configuration_of(first).get("endian") == "big"
    stored = dtype.newbyteorder(">" if is_big else "<")
    if not rest:
        return ChunkCodec(shape, stored, None, fill)
    compressor = _compressor(rest[0])
    return None if compressor is None else ChunkCodec(shape, stored, compressor, fill)


def configuration_of(described: Configuration) -> Configuration:
    """Return a codec's configuration, empty where it has none."""
    return dict(described.get("configuration", {}))


def _compressor(described: Configuration) -> Codec | None:
    name = COMPRESSORS_V3.get(described["name"])
    if name is None:
        return None
    configuration = configuration_of(described)
    if name == "blosc":
        configuration["shuffle"] = SHUFFLES[configuration["shuffle"]]
    return numcodecs.get_codec({"id": name, **configuration})
