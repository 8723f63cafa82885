from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any, Literal

import anndata
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

from tasks.plan.errors import InvalidInputError
from tasks.tables.replace_rows import replace_rows
from tests.plates import make_image
from tests.tables.stored import (
    BACKENDS,
    Backend,
    attributes_of,
    box_frame,
    files_of,
    read_frame,
    store_table,
)

KEPT = np.array([True, False, True])
MOVED = {"x_micrometer": np.array([10.25, -1.0, 1 / 3]), "len_y_micrometer": np.array([7.0, 8, 9])}


@pytest.fixture(params=["0.4", "0.5"])
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_image(
        tmp_path / "an image é",
        axes="yx",
        shape=(16, 16),
        levels=1,
        labels=(),
        ngff_version=request.param,
    )


def frame() -> pd.DataFrame:
    boxes = {name: {"x": (n + 0.5, 2.5), "y": (1.0, 3.0)} for n, name in enumerate("abc")}
    return box_frame(boxes).assign(
        **{
            "my col": ["a, µ", 'say "hi"', ""],
            "class": ["x", "y", "x"],
            "01": [1, 2**60 + 1, 3],
            "2.5 %": [0.1, np.nan, 1e300],
        }
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_set_columns_change_rows_go_and_all_else_is_as_it_was(
    image: Path, backend: Backend
) -> None:
    folder = store_table(image, "t", "roi_table", frame(), backend, attributes={"made by": [1, {}]})
    before, attributes = read_frame(image, "t"), attributes_of(folder)
    replace_rows(folder, backend, MOVED, KEPT)
    after = read_frame(image, "t")
    expected = before.astype({"len_y_micrometer": "float64"}).assign(**MOVED)[KEPT]
    pd.testing.assert_frame_equal(after, expected, check_exact=True)
    assert attributes_of(folder) == attributes


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_may_lose_all_its_rows(image: Path, backend: Backend) -> None:
    folder = store_table(image, "t", "roi_table", frame(), backend)
    columns = list(read_frame(image, "t").columns)
    replace_rows(folder, backend, {}, np.zeros(3, dtype=np.bool_))
    after = read_frame(image, "t")
    assert len(after) == 0
    assert list(after.columns) == columns


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_foreign_number_of_rows_is_refused_and_nothing_written(
    image: Path, backend: Backend
) -> None:
    folder = store_table(image, "t", "roi_table", frame(), backend)
    before = files_of(folder)
    with pytest.raises(InvalidInputError, match=r"stores 3 rows but ngio reads 2"):
        replace_rows(folder, backend, {}, np.ones(2, dtype=np.bool_))
    assert files_of(folder) == before


def test_an_unknown_backend_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="'feather' is none of anndata, anndata_v1, csv"):
        replace_rows(tmp_path, "feather", {}, KEPT)


def test_csv_fields_that_are_not_set_keep_their_text(image: Path) -> None:
    folder = store_table(image, "t", "roi_table", frame(), "csv")
    text = (
        "\ufeffFieldIndex,x_micrometer,len_y_micrometer,well,score,note\r\n"
        '"a",0.5,3,007,1.50,"x,y"\r\n'
        '"b",1.5,3,008,,\r\n'
        '"c",2.5,3,009,2.0e-3,"two\nlines"\r\n'
    )
    (folder / "table.csv").write_bytes(text.encode())
    replace_rows(folder, "csv", MOVED, KEPT)
    assert (folder / "table.csv").read_text(encoding="utf-8").splitlines(keepends=True) == [
        "FieldIndex,x_micrometer,len_y_micrometer,well,score,note\n",
        'a,10.25,7.0,007,1.50,"x,y"\n',
        f'c,{1 / 3!r},9.0,009,2.0e-3,"two\n',
        'lines"\n',
    ]


def test_json_keeps_nothing_and_whole_numbers_apart(image: Path) -> None:
    folder = store_table(image, "t", "roi_table", frame(), "json")
    group = zarr.open_group(folder / "table", mode="r+")
    group.attrs["gaps"] = [1, None, 2**70]
    replace_rows(folder, "json", MOVED, KEPT)
    assert attributes_of(folder / "table")["gaps"] == [1, 2**70]
    assert attributes_of(folder / "table")["x_micrometer"] == [10.25, 1 / 3]


def test_parquet_keeps_arrow_types_and_metadata(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            ("x_micrometer", pa.float32()),
            ("count", pa.int16()),
            ("kind", pa.dictionary(pa.int8(), pa.string())),
            ("when", pa.timestamp("us", tz="UTC")),
            ("list", pa.list_(pa.int64())),
        ],
        metadata={"made by": "us"},
    )
    rows = pa.table(
        {
            "x_micrometer": [0.5, 1.5, 2.5],
            "count": [1, None, 3],
            "kind": ["a", "b", "a"],
            "when": [0, 1, 2],
            "list": [[1], [], None],
        },
        schema=schema,
    )
    pq.write_table(rows, tmp_path / "table.parquet")
    replace_rows(tmp_path, "parquet", {"x_micrometer": MOVED["x_micrometer"]}, KEPT)
    after = pq.ParquetFile(tmp_path / "table.parquet").read()
    assert after.schema.names == rows.schema.names
    assert after.column("x_micrometer").to_pylist() == [10.25, 1 / 3]
    others = schema.names[1:]
    assert after.select(others).equals(rows.select(others).take([0, 2]))
    assert after.schema.metadata == rows.schema.metadata


@pytest.fixture(params=[2, 3])
def annotated(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, anndata.AnnData]:
    table = anndata.AnnData(
        X=np.array([[0.5, 9], [1.5, 8], [2.5, 7]], dtype="float32"),
        obs=pd.DataFrame(
            {
                "len_y_micrometer": [1, 2, 3],
                "kind": pd.Categorical(["a", "b", "a"], categories=["a", "b", "unused"]),
                "gaps": pd.array([1, None, 3], dtype="Int64"),
                "note": ["text", "stays", "text"],
            },
            index=["a", "b", "c"],
        ),
        var=pd.DataFrame({"unit": ["um", "1"]}, index=["x_micrometer", "score"]),
        uns={"settings": {"deep": [1, 2]}},
        obsm={"shape": np.arange(6).reshape(3, 2)},
        layers={"raw": np.ones((3, 2))},
    )
    table.raw = table.copy()
    folder = tmp_path / "t"
    zarr_format: Literal[2, 3] = request.param
    with warnings.catch_warnings(), anndata.settings.override(zarr_write_format=zarr_format):
        warnings.simplefilter("ignore")  # anndata's news on both formats
        table.write_zarr(folder, convert_strings_to_categoricals=False)
    zarr.open_group(folder, mode="r+", use_consolidated=False).attrs["type"] = "roi_table"
    (folder / "notes.txt").write_text("kept")
    zarr.open_group(folder, mode="r+", use_consolidated=False).create_group("ours")
    return folder, table


def test_anndata_keeps_all_that_no_frame_can_hold(
    annotated: tuple[Path, anndata.AnnData],
) -> None:
    folder, before = annotated
    attributes = attributes_of(folder)
    replace_rows(folder, "anndata", MOVED, KEPT)
    assert (folder / "notes.txt").read_text() == "kept"
    assert zarr.open_group(folder / "ours", mode="r").attrs.asdict() == {}
    assert not (folder / ".rows").exists()
    # Its own reader fails over what is not its own.
    (folder / "notes.txt").unlink()
    shutil.rmtree(folder / "ours")
    after = anndata.read_zarr(folder)
    assert after.to_df()["x_micrometer"].tolist() == [10.25, 1 / 3]
    assert after.to_df()["score"].tolist() == [9, 7]
    assert after.obs["len_y_micrometer"].tolist() == [7.0, 9.0]
    kept = before.obs.drop(columns="len_y_micrometer")[KEPT]
    pd.testing.assert_frame_equal(after.obs.drop(columns="len_y_micrometer"), kept)
    assert list(after.obs.columns) == list(before.obs.columns)
    pd.testing.assert_frame_equal(after.var, before.var, check_categorical=False, check_dtype=False)
    assert list(after.uns["settings"]["deep"]) == [1, 2]
    assert np.array_equal(after.obsm["shape"], before.obsm["shape"][KEPT])
    assert np.array_equal(after.layers["raw"], before.layers["raw"][KEPT])
    assert attributes_of(folder) == attributes
    assert np.array_equal(after.raw.X, before.raw.X[KEPT])


def test_no_consolidated_metadata_stays_behind(annotated: tuple[Path, anndata.AnnData]) -> None:
    folder, _ = annotated
    version_3 = (folder / "zarr.json").exists()
    (folder / "notes.txt").unlink()  # no part of a hierarchy, which consolidating warns of
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata is", UserWarning)
        zarr.consolidate_metadata(folder)
    assert _is_consolidated(folder), "else this test shows nothing"
    replace_rows(folder, "anndata", {}, KEPT)
    assert not _is_consolidated(folder)
    assert zarr.open_group(folder, mode="r")["X"].metadata.zarr_format == (3 if version_3 else 2)


def _is_consolidated(folder: Path) -> bool:
    if (folder / ".zmetadata").exists():
        return True
    file = folder / "zarr.json"
    document: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return bool(document.get("consolidated_metadata"))
