"""Say which codec of an array is not installed, before anything tries to decode with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from tasks.storage.attributes import ZARR_2_ARRAY, ZARR_3, Attributes, is_zarr_3, read_json

_NUMCODECS = "numcodecs."
"""How zarr format 3 names a codec of format 2."""

_ALWAYS_THERE = frozenset({"blosc", "bytes", "gzip", "sharding_indexed", "zlib", "zstd", "crc32c"})
"""What zarr and numcodecs bring with them, of the codecs that plates are stored with."""

_OF_ONE_NAME = frozenset({"zfpy", "pcodec"})
"""Codecs of numcodecs that come with a package of their own name."""


def missing_codec(array: Path) -> str | None:
    """Return what to do about the first codec of an array that is not installed; None if all are.

    Args:
        array: Folder of the array.

    Raises:
        FileNotFoundError: There is no array.
        InvalidInputError: Its metadata cannot be understood.
    """
    if is_zarr_3(array):
        names, as_here = _of_format_3(read_json(array / ZARR_3).get("codecs")), "zarr"
    else:
        names, as_here = _of_format_2(read_json(array / ZARR_2_ARRAY)), "numcodecs"
    for name in names:
        if not _is_installed(name):
            return (
                f"its chunks are stored with the codec '{name.removeprefix(_NUMCODECS)}', which is "
                f"not installed. Install {_package(name, as_here)} beside this program, or convert "
                "the image to another codec"
            )
    return None


def _package(codec: str, reader: str) -> str:
    name = codec.removeprefix(_NUMCODECS)
    if name.startswith("imagecodecs"):
        return f"the package 'imagecodecs-{reader}'"
    return f"the package '{name}'" if name in _OF_ONE_NAME else "the package that provides it"


def _of_format_2(document: Attributes) -> Iterator[str]:
    filters = document.get("filters")
    for codec in [*(filters if isinstance(filters, list) else []), document.get("compressor")]:
        if isinstance(codec, dict):
            yield f"{_NUMCODECS}{codec.get('id')}"


def _of_format_3(codecs: JsonValue) -> Iterator[str]:
    for codec in codecs if isinstance(codecs, list) else []:
        if isinstance(codec, str):
            yield codec
        if isinstance(codec, dict):
            yield str(codec.get("name"))
            inner = codec.get("configuration")
            if isinstance(inner, dict):
                yield from _of_format_3(inner.get("codecs"))
                yield from _of_format_3(inner.get("index_codecs"))


def _is_installed(name: str) -> bool:
    if name.removeprefix(_NUMCODECS) in _ALWAYS_THERE:
        return True
    # Loaded only now: the doctor, who is to answer at once, seldom meets another codec.
    import numcodecs  # noqa: PLC0415
    from numcodecs.errors import UnknownCodecError  # noqa: PLC0415
    from zarr.registry import get_codec_class  # noqa: PLC0415

    if not name.startswith(_NUMCODECS):
        try:
            get_codec_class(name)
        except KeyError:
            return False
        return True
    try:
        numcodecs.get_codec({"id": name.removeprefix(_NUMCODECS)})
    except UnknownCodecError:
        return False
    except (TypeError, ValueError):
        # It is there, and wants to know more than its name.
        return True
    return True
