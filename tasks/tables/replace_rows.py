"""Change numbers and leave out rows in a stored table, whatever its backend, and nothing else.

ngio's own way back to disk goes through a data frame, which retypes columns (csv: `01` becomes 1;
json and parquet: integers with gaps become floats) and drops what no frame can hold (anndata:
layers, uns). So each backend's payload is changed where it lies, in a copy of the table.
"""

from __future__ import annotations

import csv
import json
import shutil
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anndata  # type: ignore[import-untyped]  # has no type information
import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # has no type information
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no type information
import zarr
from anndata.io import read_elem  # type: ignore[import-untyped]  # has no type information

from tasks.plan.errors import InvalidInputError

_Columns = Mapping[str, npt.NDArray[np.float64]]
_Kept = npt.NDArray[np.bool_]

# anndata's choice of zarr format, and Python's filter of warnings, belong to the whole process.
_one_writer = threading.Lock()


def replace_rows(folder: Path, backend: str, columns: _Columns, kept: _Kept) -> None:
    """Set columns of a stored table, then leave out rows; types become float64 where set.

    Args:
        folder: The table's own folder, which is changed.
        backend: ngio's name of its backend.
        columns: New values per column that the table has; one per stored row.
        kept: Which of the stored rows stay.

    Raises:
        InvalidInputError: When the backend is unknown, or the stored rows are not as many.
    """
    if backend not in _BACKENDS:
        raise InvalidInputError(
            f"The rows of {folder} cannot be moved: its backend '{backend}' is none of "
            f"{', '.join(_BACKENDS)}. Store the table with one of them."
        )
    _BACKENDS[backend](folder, columns, kept)
    _drop_consolidated(folder)


def _replace_in_csv(folder: Path, columns: _Columns, kept: _Kept) -> None:
    file = folder / "table.csv"
    with file.open(encoding="utf-8-sig", newline="") as stream:
        header, *lines = [line for line in csv.reader(stream) if line]
    _check_count(folder, len(lines), kept)
    for name, values in columns.items():
        position = header.index(name)
        for line, value in zip(lines, values, strict=True):
            line[position] = "" if np.isnan(value) else repr(float(value))
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(_select(lines, kept))


def _replace_in_json(folder: Path, columns: _Columns, kept: _Kept) -> None:
    version_3 = (folder / "table" / "zarr.json").is_file()
    file = folder / "table" / ("zarr.json" if version_3 else ".zattrs")
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    table: dict[str, Any] = document["attributes"] if version_3 else document
    for stored in table.values():
        # A frame can also be stored as one object per column; ngio does not write that.
        _check_count(folder, len(stored) if isinstance(stored, list) else 0, kept)
    table |= {name: values.tolist() for name, values in columns.items()}
    table |= {name: _select(stored, kept) for name, stored in table.items()}
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _replace_in_parquet(folder: Path, columns: _Columns, kept: _Kept) -> None:
    file = folder / "table.parquet"
    table = pq.ParquetFile(file).read()
    _check_count(folder, table.num_rows, kept)
    for name, values in columns.items():
        column = pa.array(values, from_pandas=True)
        table = table.set_column(table.column_names.index(name), name, column)
    with file.open("wb") as stream:
        pq.write_table(table.filter(pa.array(kept)), stream)


def _replace_in_anndata(folder: Path, columns: _Columns, kept: _Kept) -> None:
    fresh = folder / ".rows"
    version_3 = (folder / "zarr.json").is_file()
    with _one_writer, warnings.catch_warnings():
        # The table must have the zarr format of its image, and anndata announces the end of 2
        # and that consolidated metadata is no standard in 3.
        warnings.filterwarnings("ignore", r".*zarr v[23]", UserWarning)
        warnings.filterwarnings("ignore", r".*zarr v[23]", DeprecationWarning)
        warnings.filterwarnings("ignore", "Consolidated metadata is", UserWarning)
        with anndata.settings.override(
            zarr_write_format=3 if version_3 else 2, remove_unused_categories=False
        ):
            table = _read_anndata(folder)
            _check_count(folder, table.n_obs, kept)
            in_matrix = [name for name in columns if name in table.var_names]
            if in_matrix:
                matrix = table.to_df().astype(np.float64)
                table.X = matrix.assign(**{name: columns[name] for name in in_matrix}).to_numpy()
            for name in columns.keys() - set(in_matrix):
                table.obs[name] = columns[name]
            table[kept].copy().write_zarr(fresh, convert_strings_to_categoricals=False)
    # The group's own metadata stays: its attributes are the table's.
    for part in [entry for entry in fresh.iterdir() if entry.is_dir()]:
        shutil.rmtree(folder / part.name, ignore_errors=True)
        part.rename(folder / part.name)
    shutil.rmtree(fresh)


def _read_anndata(folder: Path) -> Any:
    """Read what belongs to the format; `read_zarr` fails over anything else in the folder."""
    group = zarr.open_group(folder, mode="r", use_consolidated=False)
    known = ("X", "obs", "var", "uns", "obsm", "varm", "obsp", "varp", "layers", "raw")
    return anndata.AnnData(**{name: read_elem(group[name]) for name in known if name in group})


_BACKENDS: Mapping[str, Callable[[Path, _Columns, _Kept], None]] = {
    "anndata": _replace_in_anndata,
    "anndata_v1": _replace_in_anndata,
    "csv": _replace_in_csv,
    "json": _replace_in_json,
    "parquet": _replace_in_parquet,
}


def _select(rows: Sequence[Any], kept: _Kept) -> list[Any]:
    return [row for row, stays in zip(rows, kept, strict=True) if stays]


def _check_count(folder: Path, stored: int, kept: _Kept) -> None:
    if stored != len(kept):
        raise InvalidInputError(
            f"The table {folder} stores {stored} rows but ngio reads {len(kept)}. Make it anew."
        )


def _drop_consolidated(folder: Path) -> None:
    """Remove copies of metadata that no longer say what is stored; readers do without them."""
    (folder / ".zmetadata").unlink(missing_ok=True)
    file = folder / "zarr.json"
    if file.is_file():
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.pop("consolidated_metadata", None) is not None:
            file.write_text(json.dumps(document, indent=2), encoding="utf-8")
