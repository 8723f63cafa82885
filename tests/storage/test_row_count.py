"""Rows are counted as ngio reads them, and what is not there is told."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr
from ngio.tables import open_table

from tasks.storage.row_count import count_rows
from tests.plates import make_image
from tests.tables.stored import BACKENDS, Backend, store_table


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("backend", BACKENDS)
def test_as_many_as_ngio_reads(backend: Backend, rows: int, tmp_path: Path) -> None:
    image = make_image(tmp_path / "1", axes="yx", shape=(8, 8), levels=1, labels=())
    frame = pd.DataFrame(
        {"score": np.arange(rows) / 2, "note": ["two\nlines, one cell"] * rows},
        index=pd.Index(range(1, rows + 1), name="label"),
    )
    folder = store_table(image, "t", "feature_table", frame, backend, label="nuclei")
    assert count_rows(folder, backend) == rows == len(open_table(folder, mode="r").table_data)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(anndata.AnnData(obs=pd.DataFrame(index=["a", "b"])), id="no matrix"),
        pytest.param(anndata.AnnData(scipy.sparse.csr_matrix(np.eye(2))), id="sparse"),
        pytest.param(
            anndata.AnnData(
                obs=pd.DataFrame({"kind": pd.Categorical(["x", "x"])}, index=["a", "b"])
            ),
            id="categories",
        ),
    ],
)
def test_anndata_of_any_shape(table: anndata.AnnData, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata's news on both formats
        table.write_zarr(tmp_path / "t")
    assert count_rows(tmp_path / "t", "anndata") == 2
    # Without its observations, the matrix tells it where there is one.
    shutil.rmtree(tmp_path / "t" / "obs")
    if table.X is not None:
        assert count_rows(tmp_path / "t", "anndata") == 2


def test_columns_of_different_lengths_are_refused(tmp_path: Path) -> None:
    zarr.create_group(tmp_path / "table", attributes={"a": [1, 2], "b": [1]})
    with pytest.raises(ValueError, match=r"different lengths: \[1, 2\]"):
        count_rows(tmp_path, "json")


@pytest.mark.parametrize("backend", ["csv", "parquet"])
def test_a_file_that_is_not_there_may_come(backend: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        count_rows(tmp_path, backend)


def test_an_unknown_backend_is_not_guessed(tmp_path: Path) -> None:
    assert count_rows(tmp_path, "feather") is None
