"""Give arrays that only zarr can read and write the fastest codec pipeline there is.

Most chunks and shards never meet a pipeline: see `chunk_files`. For the others, with filters, a
checksum on every chunk or rarer codecs, zarr's own pipeline is one event-loop thread; zarrs, the
extra of that name, does the same in compiled code, for the codecs that it knows.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import zarr
from zarr.core.metadata import ArrayV3Metadata

ZARRS_SETTINGS = {
    "codec_pipeline.path": "zarrs.ZarrsCodecPipeline",
    "codec_pipeline.strict": True,
    # Our own workers are as many as there are cores.
    "threading.max_workers": 1,
}


def with_fast_pipeline(array: zarr.Array[Any]) -> zarr.Array[Any]:
    """Return an array that uses zarrs, if that is installed and knows the array's codecs."""
    # In format 2 it lacks Fortran order and the other byte order.
    if not isinstance(array.metadata, ArrayV3Metadata) or find_spec("zarrs") is None:
        return array
    from zarrs.pipeline import UnsupportedMetadataError  # noqa: PLC0415 - an extra

    # An array looks up its pipeline when it is made: here a copy with nothing else changed.
    with zarr.config.set(ZARRS_SETTINGS):
        try:
            return array.with_config({})
        except UnsupportedMetadataError:
            return array


def pipeline_of(array: zarr.Array[Any]) -> str:
    """Return the name of the library whose pipeline reads and writes an array."""
    return type(array.async_array.codec_pipeline).__module__.split(".")[0]
