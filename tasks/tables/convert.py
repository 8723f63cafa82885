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


def convert_folder(source: Path, target: Path, zarr_format: Literal[2, 3]) -> None:
    """Write a table's groups and arrays in another zarr format; other files are copied as is.

    Attributes, and the files in which csv and parquet tables hold their rows, stay the same.

    Args:
        source: Folder of a table.
        target: Where the converted folder goes; it must not exist.
        zarr_format: Format to write.

    Raises:
        InvalidInputError: When an array's type does not exist in the other format.
        OSError: When something cannot be read or written.
    """
    table = zarr.open_group(source, mode="r", use_consolidated=False)
    members = dict(table.members(max_depth=None))
    arrays = {name: node for name, node in members.items() if isinstance(node, zarr.Array)}

    def is_zarr(path: Path) -> bool:
        return path.name in METADATA_FILES or path.as_posix() in arrays

    copy_tree(source, target, skip=is_zarr)
    zarr.create_group(target, zarr_format=zarr_format, attributes=table.attrs.asdict())
    for name, node in members.items():
        if isinstance(node, zarr.Group):
            attributes = node.attrs.asdict()
            zarr.create_group(target / name, zarr_format=zarr_format, attributes=attributes)
    for name, array in arrays.items():
        try:
            zarr.from_array(target / name, data=array, zarr_format=zarr_format)
        except (ValueError, TypeError) as cause:
            raise InvalidInputError(
                f"The array {source / name} ({array.dtype}) cannot be written in zarr format "
                f"{zarr_format}: {cause}. Store the table with the backend csv or parquet."
            ) from cause
