"""Know pixels and tables again by a few letters, without reading all of them.

What counts is what a registration is made from. Of an array: its shape, type and codecs, the names
and sizes of its chunk files, and content: all of it up to 4 MiB, else the start, middle and end of
sixteen files spread over it. Of a pyramid: axes, positions, and every level, so that a change which
reaches the coarser levels is seen there, where all of the content is read. Of a table: its
attributes and files.

Not looked at, so that a copy of a plate on another disk is the same: times, owners and numbers of
files. Nor what says nothing of the content: the order and layout of metadata, consolidated
metadata, hidden files such as `.DS_Store`, our own records, names, colours and other attributes of
an image or a label.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import JsonValue

from tasks.storage.attributes import (
    OUR_RECORD,
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_GROUP,
    ZARR_3,
    Attributes,
    is_zarr_3,
    ngff_metadata,
    read_attributes,
    read_json,
)
from tasks.storage.tree import FileEntry, files_and_links, read_tree

_ARRAY_READ_WHOLE = 2**22
"""Bytes: the content of an array with no more is read whole."""

_TABLE_READ_WHOLE = 2**25
"""Bytes: tables are small, and a number that changes leaves sizes as they are."""

_SAMPLED = 16
"""Files that are looked into of what is not read whole."""

_PIECE = 2**14
"""Bytes at the start, in the middle and at the end of such a file."""

_CHUNK_PATH = re.compile(r"(c[./])?\d+([./]\d+)*|c")

_ARRAY_METADATA = {
    2: ("shape", "chunks", "dtype", "compressor", "filters", "order", "fill_value"),
    3: ("shape", "data_type", "chunk_grid", "codecs", "fill_value"),
}

_METADATA_FILES = frozenset({ZARR_2_ARRAY, ZARR_2_ATTRIBUTES, ZARR_2_GROUP, ZARR_3})


def fingerprint_pyramid(pyramid: Path) -> str:
    """Return what an image's or a label's pixels and their places are known by.

    Raises:
        FileNotFoundError: If it, or a level that it lists, is not there.
        InvalidInputError: If its metadata cannot be understood.
    """
    described: list[JsonValue] = []
    for scales in _objects(ngff_metadata(read_attributes(pyramid)).get("multiscales")):
        axes = _objects(scales.get("axes"))
        described.append([[axis.get("name"), axis.get("unit")] for axis in axes])
        everywhere = _objects(scales.get("coordinateTransformations"))
        for dataset in _objects(scales.get("datasets")):
            path = str(dataset.get("path"))
            own = _objects(dataset.get("coordinateTransformations"))
            place = _place([*own, *everywhere], len(axes))
            described.append([path, place, fingerprint_array(pyramid / path)])
    return _letters(described)


def fingerprint_array(array: Path) -> str:
    """Return what the pixels of one array are known by.

    Raises:
        FileNotFoundError: If it is not there.
        InvalidInputError: If its metadata cannot be understood.
    """
    is_3 = is_zarr_3(array)
    metadata = read_json(array / (ZARR_3 if is_3 else ZARR_2_ARRAY))
    # No filter, an empty list of them and no word of them are one; so are 0 and null as fill value.
    keys = _ARRAY_METADATA[3 if is_3 else 2]
    known: Attributes = {key: metadata.get(key) or None for key in keys}
    chunks = [file for file in _stored(array) if _CHUNK_PATH.fullmatch(file.path)]
    return _letters([known, _content(array, chunks, _ARRAY_READ_WHOLE)])


def fingerprint_table(table: Path) -> str:
    """Return what a table is known by: attributes, rows, columns.

    Raises:
        FileNotFoundError: If it is not there.
        InvalidInputError: If its metadata cannot be understood.
    """
    attributes = {key: value for key, value in read_attributes(table).items() if key != OUR_RECORD}
    described: list[JsonValue] = [attributes]
    stored = []
    for file in _stored(table):
        *folders, name = file.path.split("/")
        if name in _METADATA_FILES and folders:
            content = read_json(table / file.path)
            content.pop("consolidated_metadata", None)
            described.append([file.path, content])
        elif name != ZARR_3 and not any(part.startswith(".") for part in (*folders, name)):
            stored.append(file)
    return _letters([*described, _content(table, stored, _TABLE_READ_WHOLE)])


def _stored(folder: Path) -> list[FileEntry]:
    return files_and_links(folder, read_tree(folder, sizes=True))


def _content(folder: Path, files: Sequence[FileEntry], read_whole: int) -> JsonValue:
    """Return names and sizes of files, and letters for all or a part of their content."""
    digest = hashlib.blake2b(digest_size=16)
    whole = sum(file.size for file in files) <= read_whole
    chosen = files if whole else [files[n] for n in _spread(len(files))]
    for file in chosen:
        # Opened by a descriptor: `Path.open` costs as much again as a small file's content.
        descriptor = os.open(folder / file.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for start in [0] if whole else _starts(file.size):
                digest.update(os.pread(descriptor, file.size if whole else _PIECE, start))
        finally:
            os.close(descriptor)
    return [[[file.path, file.size] for file in files], digest.hexdigest()]


def _spread(count: int) -> Iterable[int]:
    chosen = min(count, _SAMPLED)
    return sorted({round(n * (count - 1) / max(1, chosen - 1)) for n in range(chosen)})


def _starts(size: int) -> Iterable[int]:
    return sorted({0, max(0, size // 2 - _PIECE // 2), max(0, size - _PIECE)})


def _place(transformations: Sequence[Attributes], axes: int) -> JsonValue:
    """Return scale and translation of all transformations one after the other, NGFF's meaning.

    So the same place is known again however it is written.
    """
    scale, translation = [1.0] * axes, [0.0] * axes
    others: list[JsonValue] = []
    for each in transformations:
        if each.get("type") == "identity":
            continue
        numbers = _numbers(each.get(str(each.get("type"))))
        if each.get("type") not in ("scale", "translation") or len(numbers) != axes:
            others.append(dict(each))
        elif each.get("type") == "scale":
            scale = [a * b for a, b in zip(scale, numbers, strict=True)]
            translation = [a * b for a, b in zip(translation, numbers, strict=True)]
        else:
            translation = [a + b for a, b in zip(translation, numbers, strict=True)]
    return [list(scale), list(translation), others]


def _numbers(values: JsonValue) -> list[float]:
    listed = values if isinstance(values, list) else []
    return [float(value) for value in listed if isinstance(value, int | float)]


def _objects(value: JsonValue) -> list[Attributes]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _letters(described: JsonValue) -> str:
    text = json.dumps(described, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
