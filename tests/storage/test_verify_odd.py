"""Attributes and tables that are odd and right do not fail verification."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import anndata  # type: ignore[import-untyped]  # has no type information
import numpy as np
import pandas as pd
import pytest
import zarr

from tasks.storage.attributes import write_attributes
from tests.plates import NgffVersion, make_plate, write_regions
from tests.registration import register

REGIONS = {"FOV_1": {"y": (2.0, 25.0), "x": (3.0, 40.0)}}


@pytest.fixture(params=["0.4", "0.5"])
def image(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    version: NgffVersion = request.param
    plate = make_plate(
        tmp_path / "plate.zarr", ngff_version=version, levels=1, shape=(1, 1, 64, 96), labels=()
    )
    for image in ("0", "1"):
        write_regions(plate / "A/01" / image, "registered", REGIONS)
    return plate / "A/01/1"


def test_what_is_no_number_is_kept_as_an_attribute(image: Path) -> None:
    group = zarr.open_group(image, mode="r+", use_consolidated=False)
    group.attrs["stage_z_um"] = math.nan
    group.attrs["acquired"] = {"exposure": [10.0, math.nan, math.inf], "drift": -math.inf}
    zarr.open_array(image / "0", mode="r+").attrs["offset"] = math.nan
    register(image)
    kept: dict[str, Any] = dict(zarr.open_group(image, mode="r", use_consolidated=False).attrs)
    assert math.isnan(kept["stage_z_um"])
    np.testing.assert_equal(
        kept["acquired"], {"exposure": [10.0, math.nan, math.inf], "drift": -math.inf}
    )
    assert math.isnan(dict(zarr.open_array(image / "0", mode="r").attrs)["offset"])


def test_a_link_to_a_file_of_the_image_becomes_that_file(image: Path) -> None:
    (image / "notes.txt").write_text("moved the objective")
    (image / "latest.txt").symlink_to("notes.txt")
    register(image)
    assert not (image / "latest.txt").is_symlink()
    assert (image / "latest.txt").read_text() == "moved the objective"


def add_table(image: Path, name: str, content: anndata.AnnData) -> None:
    version = 3 if (image / "zarr.json").exists() else 2
    folder = image / "tables" / name
    with warnings.catch_warnings(), anndata.settings.override(zarr_write_format=version):
        warnings.simplefilter("ignore")
        content.write_zarr(folder)
        attributes = dict(zarr.open_group(folder, mode="r", use_consolidated=False).attrs)
    described = {"type": "condition_table", "backend": "anndata", "table_version": "1"}
    write_attributes(folder, {**attributes, **described}, temporary=folder / "new")
    tables = zarr.open_group(image / "tables", mode="r+", use_consolidated=False)
    tables.attrs["tables"] = [*dict(tables.attrs)["tables"], name]


OBSERVED = pd.DataFrame(
    {
        "drug": pd.Categorical(["\N{GREEK SMALL LETTER ALPHA}-amanitin", "none"]),
        "dose \N{MICRO SIGN}M": [0.1, np.nan],
        "count": pd.array([1, None], dtype="Int64"),
        "kept": [True, False],
    },
    index=["1", "2"],
)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(anndata.AnnData(obs=OBSERVED), id="no matrix"),
        pytest.param(anndata.AnnData(obs=OBSERVED.iloc[:0]), id="no matrix and no row"),
        pytest.param(anndata.AnnData(X=np.zeros((0, 3), "f4")), id="no row"),
        pytest.param(anndata.AnnData(X=np.full((2, 1), np.nan), obs=OBSERVED), id="no number"),
        pytest.param(
            anndata.AnnData(obs=OBSERVED, obsm={"place": np.ones((2, 2))}, uns={"a": {"b": 1}}),
            id="no matrix but others",
        ),
    ],
)
def test_tables_of_anndata_that_make_no_data_frame(image: Path, table: anndata.AnnData) -> None:
    add_table(image, "conditions", table)
    source = {
        path.relative_to(image): path.read_bytes()
        for path in (image / "tables/conditions").rglob("*")
        if path.is_file()
    }
    register(image)
    result = {
        path.relative_to(image): path.read_bytes()
        for path in (image / "tables/conditions").rglob("*")
        if path.is_file()
    }
    assert result == source
