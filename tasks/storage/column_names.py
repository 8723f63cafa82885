"""What columns a stored table has, by what its backend says of them: the rows are not loaded."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no type information
import zarr

from tasks.storage.attributes import read_attributes

CSV, PARQUET, JSON = "table.csv", "table.parquet", "table"
"""Where the backends of these names keep rows in a table's folder; AnnData has none of them."""


def guess_backend(folder: Path) -> str:
    """Return ngio's name of the backend that a table's files are of."""
    for name, backend in ((CSV, "csv"), (PARQUET, "parquet"), (JSON, "json")):
        if (folder / name).exists():
            return backend
    return "anndata"


def column_names(folder: Path, backend: str) -> tuple[str, ...]:
    """Return the names of a table's columns, an index among them where it is stored as one.

    Args:
        folder: The table's own folder.
        backend: ngio's name of its backend.

    Raises:
        FileNotFoundError: When the file with the rows is not there (yet).
        KeyError: When an array that should say it is not there.
        ValueError: When a file cannot be read.
    """
    return _BACKENDS.get(backend, _of_anndata)(folder)


def _of_csv(folder: Path) -> tuple[str, ...]:
    with (folder / CSV).open(encoding="utf-8-sig", newline="") as stream:
        return tuple(next(csv.reader(stream), ()))


def _of_parquet(folder: Path) -> tuple[str, ...]:
    return tuple(pq.read_schema(folder / PARQUET).names)


def _of_json(folder: Path) -> tuple[str, ...]:
    return tuple(zarr.open_group(folder / JSON, mode="r", use_consolidated=False).attrs.asdict())


def _of_anndata(folder: Path) -> tuple[str, ...]:
    group = zarr.open_group(folder, mode="r", use_consolidated=False)
    names: list[str] = []
    if "obs" in group:
        described = read_attributes(folder / "obs")
        order = described.get("column-order")
        names += map(str, [described.get("_index"), *(order if isinstance(order, list) else [])])
    if "X" in group and "var" in group:
        index = str(read_attributes(folder / "var").get("_index", "_index"))
        matrix = zarr.open_array(folder / "var" / index, mode="r")
        names += [str(name) for name in np.asarray(matrix[:]).tolist()]
    return tuple(names)


_BACKENDS: Mapping[str, Callable[[Path], tuple[str, ...]]] = {
    "csv": _of_csv,
    "json": _of_json,
    "parquet": _of_parquet,
}
