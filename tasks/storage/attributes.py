"""Read and write a zarr group's attributes as they are on disk, in both zarr formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.storage.durable import write_file

Attributes: TypeAlias = dict[str, JsonValue]

OUR_RECORD = "plate_registration"
"""Attribute of an image or a table that says how we made it."""

ZARR_3 = "zarr.json"
ZARR_2_GROUP = ".zgroup"
ZARR_2_ARRAY = ".zarray"
ZARR_2_ATTRIBUTES = ".zattrs"
ZARR_2_CONSOLIDATED = ".zmetadata"


def zarr_format(node: Path) -> Literal[2, 3] | None:
    """Return the zarr format of the group or array in this folder, or None if there is none."""
    if is_zarr_3(node):
        return 3
    if (node / ZARR_2_GROUP).is_file() or (node / ZARR_2_ARRAY).is_file():
        return 2
    return None


def is_zarr_3(node: Path) -> bool:
    """Return whether this folder holds a group or array of zarr format 3."""
    return (node / ZARR_3).is_file()


def read_json(path: Path) -> Attributes:
    """Read a metadata file.

    Raises:
        FileNotFoundError: If it is not there.
        InvalidInputError: If it is not a JSON object, naming the file.
    """
    content = path.read_bytes()
    try:
        read = json.loads(content)
    except ValueError as error:
        raise InvalidInputError(
            f"{path} is not valid JSON ({error}); restore it from a backup and run again"
        ) from error
    if not isinstance(read, dict):
        raise InvalidInputError(
            f"{path} holds {type(read).__name__} where zarr metadata is a JSON object; restore it "
            "from a backup and run again"
        )
    return read


def array_shape(array: Path) -> tuple[int, ...]:
    """Return how many pixels an array has along each of its axes.

    Raises:
        FileNotFoundError: If it is not there.
        InvalidInputError: If its metadata cannot be understood.
    """
    document = array / (ZARR_3 if is_zarr_3(array) else ZARR_2_ARRAY)
    shape = read_json(document).get("shape")
    if not isinstance(shape, list) or not all(isinstance(pixels, int) for pixels in shape):
        raise InvalidInputError(f"{document} says no shape; restore it from a backup")
    return tuple(pixels for pixels in shape if isinstance(pixels, int))


def read_attributes(node: Path) -> Attributes:
    """Read the attributes of a group or array; empty where it has none.

    Raises:
        FileNotFoundError: If there is no zarr group or array in this folder.
        InvalidInputError: If its metadata cannot be understood.
    """
    if is_zarr_3(node):
        attributes = read_json(node / ZARR_3).get("attributes", {})
        if not isinstance(attributes, dict):
            raise InvalidInputError(f"{node / ZARR_3} holds attributes that are no JSON object")
        return attributes
    if zarr_format(node) is None:
        raise FileNotFoundError(f"there is no zarr group or array at {node}")
    if not (node / ZARR_2_ATTRIBUTES).is_file():
        return {}
    return read_json(node / ZARR_2_ATTRIBUTES)


def write_attributes(
    node: Path, attributes: Attributes, *, temporary: Path, indent: int | None = 2
) -> None:
    """Replace the attributes of a group or array at once; all other metadata is kept.

    Args:
        node: Folder of the group or array.
        attributes: All of them.
        temporary: Where the file is written first, on the same file system.
        indent: Spaces, as zarr has them; None for thousands of numbers, which nobody reads as text
            and which take ten times as long with a line for each.

    Raises:
        FileNotFoundError: If there is no zarr group or array in this folder.
        OSError: If it cannot be written; the old attributes are then untouched.
    """
    if zarr_format(node) is None:
        raise FileNotFoundError(f"there is no zarr group or array at {node}")
    if is_zarr_3(node):
        path = node / ZARR_3
        content: Attributes = {**read_json(path), "attributes": attributes}
    else:
        path = node / ZARR_2_ATTRIBUTES
        content = attributes
    write_file(path, dump_json(content, indent), temporary=temporary)


def write_group(
    node: Path, version: Literal[2, 3], attributes: Attributes, *, indent: int | None = 2
) -> None:
    """Make a group, or give it other attributes, where nobody looks yet: nothing is flushed.

    Args:
        node: Folder of the group.
        version: Zarr format, of a group that is there already its own.
        attributes: All of them.
        indent: See `write_attributes`.

    Raises:
        OSError: If it cannot be written.
    """
    node.mkdir(parents=True, exist_ok=True)
    documents: dict[str, Attributes] = {}
    if version == 3:  # noqa: PLR2004 - zarr's own
        path = node / ZARR_3
        known: Attributes = {"zarr_format": 3, "node_type": "group"}
        if path.is_file():
            known = read_json(path)
        documents[ZARR_3] = {**known, "attributes": attributes}
    else:
        if not (node / ZARR_2_GROUP).is_file():
            documents[ZARR_2_GROUP] = {"zarr_format": 2}
        documents[ZARR_2_ATTRIBUTES] = attributes
    for name, content in documents.items():
        # What is there may be a link to another image's file.
        new = node / f".{name}.new"
        new.write_bytes(dump_json(content, indent))
        new.replace(node / name)


def dump_json(content: Attributes, indent: int | None = 2) -> bytes:
    """Return JSON, by default as zarr lays it out."""
    return json.dumps(content, indent=indent).encode()


def same_json(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two values are written alike: what is no number (NaN) is the same as itself.

    zarr writes NaN into attributes, though JSON has no such word.
    """
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def ngff_metadata(attributes: Attributes) -> Attributes:
    """Return the part that NGFF defines: all of it in 0.4, what is under `ome` from 0.5 on."""
    ome = attributes.get("ome")
    return ome if isinstance(ome, dict) else attributes
