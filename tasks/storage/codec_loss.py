"""What an array's codecs change in the pixels that they store: nothing, unless they are lossy.

Quantised, scaled or cast pixels, and those of lossy compressors, are not read back as they were
written. How much they may differ is not looked up, but tried on the very pixels in question.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from pydantic import JsonValue
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from tasks.storage.attributes import ZARR_2_ARRAY, ZARR_3, Attributes, is_zarr_3, read_json

_MARGIN = 4.0
"""Pixels next to those that were tried may lose more, and so may a pixel that lost twice."""


def codec_loss(array: Path, pixels: npt.NDArray[Any]) -> float:
    """Return by how much stored pixels may differ from these, with a margin; 0 if not at all.

    Args:
        array: Folder of the array with whose codecs they are stored and read back, in memory.
        pixels: Of the array's dtype and number of axes.
    """
    if not pixels.size:
        return 0.0
    name = ZARR_3 if is_zarr_3(array) else ZARR_2_ARRAY
    document = _of_one_chunk(read_json(array / name), pixels.shape)
    encoded = default_buffer_prototype().buffer.from_bytes(json.dumps(document).encode())
    stored = zarr.open_array(MemoryStore({name: encoded}), mode="r+")
    stored[...] = pixels
    found, written = (np.asarray(each).astype(np.float64) for each in (stored[...], pixels))
    with np.errstate(invalid="ignore"):
        lost = np.abs(found - written)
    return _MARGIN * float(lost.max(initial=0.0, where=np.isfinite(lost)))


def _of_one_chunk(document: Attributes, shape: tuple[int, ...]) -> Attributes:
    """Return an array's metadata for a single chunk of this shape, without shards."""
    sizes: list[JsonValue] = list(shape)
    if "chunk_grid" not in document:
        return {**document, "shape": sizes, "chunks": sizes}
    codecs: Any = document["codecs"]
    if codecs[0]["name"] == "sharding_indexed":
        codecs = codecs[0]["configuration"]["codecs"]
    grid: JsonValue = {"name": "regular", "configuration": {"chunk_shape": sizes}}
    return {**document, "shape": sizes, "chunk_grid": grid, "codecs": codecs}
