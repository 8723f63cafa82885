"""Keep an image's consolidated metadata true: drop it from the copy, make it anew at the end."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from tasks.storage.attributes import (
    ZARR_2_ARRAY,
    ZARR_2_ATTRIBUTES,
    ZARR_2_CONSOLIDATED,
    ZARR_2_GROUP,
    ZARR_3,
    Attributes,
    dump_json,
    is_zarr_3,
    read_json,
)
from tasks.storage.durable import write_file
from tasks.storage.tree import read_tree

_INLINE = "consolidated_metadata"


def has_consolidated(group: Path) -> bool:
    """Return whether a group holds a summary of all metadata below it."""
    if is_zarr_3(group):
        return bool(read_json(group / ZARR_3).get(_INLINE))
    return (group / ZARR_2_CONSOLIDATED).is_file()


def drop_consolidated(group: Path) -> None:
    """Remove the summary from a group: readers then look at each group and array itself.

    Raises:
        OSError: If it cannot be removed.
    """
    if not has_consolidated(group):
        return
    if not is_zarr_3(group):
        (group / ZARR_2_CONSOLIDATED).unlink()
        return
    content = {k: v for k, v in read_json(group / ZARR_3).items() if k != _INLINE}
    _replace(group / ZARR_3, content)


def consolidate(group: Path) -> None:
    """Write the summary of all metadata below a group, in the layout of its zarr format.

    Raises:
        OSError: If metadata cannot be read or the summary cannot be written.
    """
    if is_zarr_3(group):
        found = _metadata_files(group, frozenset({ZARR_3}))
        nodes: Attributes = {
            path.removesuffix(f"/{ZARR_3}"): {k: v for k, v in node.items() if k != _INLINE}
            for path, node in found.items()
            if path != ZARR_3
        }
        inline: JsonValue = {"kind": "inline", "must_understand": False, "metadata": nodes}
        _replace(group / ZARR_3, {**read_json(group / ZARR_3), _INLINE: inline})
        return
    files = _metadata_files(group, frozenset({ZARR_2_GROUP, ZARR_2_ARRAY, ZARR_2_ATTRIBUTES}))
    summary: Attributes = {"zarr_consolidated_format": 1, "metadata": {**files}}
    _replace(group / ZARR_2_CONSOLIDATED, summary)


def _metadata_files(group: Path, names: frozenset[str]) -> dict[str, Attributes]:
    def is_chunk_folder(path: Path) -> bool:
        # Chunks are most of a tree, and hold no metadata.
        parent = group / path.parent
        return path.name not in names and (
            (parent / ZARR_2_ARRAY).exists() or _is_array_3(parent / ZARR_3)
        )

    tree = read_tree(group, skip=is_chunk_folder)
    return {
        file.path: read_json(group / file.path)
        for file in tree.files
        if Path(file.path).name in names
    }


def _is_array_3(path: Path) -> bool:
    return path.exists() and read_json(path).get("node_type") == "array"


def _replace(path: Path, content: Attributes) -> None:
    write_file(path, dump_json(content), temporary=path.with_name(f".{path.name}.new"))
