"""Copy a table's folder into an image of the other zarr format, with all that is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import zarr

from tasks.plan.errors import InvalidInputError
from tasks.storage.attributes import (
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_CONSOLIDATED,
    ZARR_2_GROUP,
    ZARR_3,
    read_attributes,
    read_json,
    zarr_format,
)
from tasks.storage.copying import copy_tree

METADATA_FILES = (
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_CONSOLIDATED,
    ZARR_2_GROUP,
    ZARR_3,
)
"""Names of the files that make a folder a zarr group or array."""


def convert_folder(source: Path, target: Path, wanted: Literal[2, 3]) -> None:
    """Write a table's groups and arrays in another zarr format; other files are copied as is.

    Attributes, and the files in which csv and parquet tables hold their rows, stay the same.

    Args:
        source: Folder of a table.
        target: Where the converted folder goes; it must not exist.
        wanted: Zarr format to write.

    Raises:
        InvalidInputError: When an array's type does not exist in the other format.
        OSError: When something cannot be read or written.
    """
    nodes = [
        path.relative_to(source)
        for path in sorted(source.rglob("*"))
        if path.is_dir() and zarr_format(path)
    ]
    arrays = [node for node in nodes if _is_array(source / node)]
    copy_tree(source, target, skip=lambda path: path.name in METADATA_FILES or path in arrays)
    for group in (Path(), *(node for node in nodes if node not in arrays)):
        attributes = read_attributes(source / group)
        zarr.create_group(target / group, zarr_format=wanted, attributes=attributes)
    for node in arrays:
        array = zarr.open_array(source / node, mode="r")
        try:
            zarr.from_array(
                target / node,
                data=array,
                shards=None,  # zarr format 2 has none
                zarr_format=wanted,
                attributes=array.attrs.asdict(),
            )
        except (ValueError, TypeError) as cause:
            raise InvalidInputError(
                f"The array {source / node} ({array.dtype}) cannot be written in zarr format "
                f"{wanted}: {cause}. Store the table with the backend csv or parquet."
            ) from cause


def _is_array(node: Path) -> bool:
    if zarr_format(node) == 2:  # noqa: PLR2004 - the zarr format's own number
        return (node / ZARR_2_ARRAY).is_file()
    return read_json(node / ZARR_3).get("node_type") == "array"
