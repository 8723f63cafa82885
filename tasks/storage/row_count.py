"""How many rows a stored table has, by what its backend says of them: the rows are not loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds  # type: ignore[import-untyped]  # has no type information
import zarr


def count_rows(folder: Path, backend: str) -> int | None:
    """Return the number of rows, or None for a backend whose tables must be read to know.

    Args:
        folder: The table's own folder.
        backend: ngio's name of its backend.

    Raises:
        FileNotFoundError: When the file with the rows is not there (yet).
        KeyError: When an array that should say it is not there.
        ValueError: When columns have different lengths, or a file cannot be read.
    """
    counting = _BACKENDS.get(backend)
    return None if counting is None else counting(folder)


def _count_in_file(name: str, kind: str) -> Callable[[Path], int]:
    # With the reader that ngio has, so that it counts what ngio reads.
    return lambda folder: int(ds.dataset(folder / name, format=kind).count_rows())


def _count_in_json(folder: Path) -> int:
    group = zarr.open_group(folder / "table", mode="r", use_consolidated=False)
    columns: dict[str, Any] = group.attrs.asdict()
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"its columns have different lengths: {sorted(lengths)}")
    return lengths.pop() if lengths else 0


def _count_in_anndata(folder: Path) -> int:
    group = zarr.open_group(folder, mode="r", use_consolidated=False)
    return _length(group["obs"] if "obs" in group else group["X"])


def _length(node: Any) -> int:
    """Return the length of an element of AnnData's format, from its metadata."""
    if isinstance(node, zarr.Array):
        return int(node.shape[0])
    attributes = node.attrs.asdict()
    if "shape" in attributes:
        return int(attributes["shape"][0])
    # A data frame says which of its columns is the index; other groups hold values, and more.
    names = (str(attributes.get("_index", "")), "values", "codes")
    found = [name for name in names if name in node]
    if not found:
        raise KeyError(f"{node.path} has no index")
    return _length(node[found[0]])


_BACKENDS: Mapping[str, Callable[[Path], int]] = {
    "anndata": _count_in_anndata,
    "anndata_v1": _count_in_anndata,
    "csv": _count_in_file("table.csv", "csv"),
    "json": _count_in_json,
    "parquet": _count_in_file("table.parquet", "parquet"),
}
