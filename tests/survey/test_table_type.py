"""A table that does not say its type is used as what its columns are, whatever its backend."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.doctor.examine_image import examine_image
from tasks.plan.errors import InvalidInputError
from tasks.storage.column_names import guess_backend
from tasks.survey.listed_tables import look_at_table
from tasks.survey.regions import read_regions
from tests.plate_tables import Backend, add_feature_table, add_masking_table, write_regions
from tests.plates import NgffVersion, make_plate

BOXES = {"FOV_2": {"y": (2.0, 20.0), "x": (3.0, 30.0)}, "FOV_1": {"y": (0.0, 8.0), "x": (1.0, 9.0)}}
BACKENDS: tuple[Backend, ...] = ("anndata", "csv", "json", "parquet")


@pytest.fixture(params=["0.4", "0.5"])
def image(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    version: NgffVersion = request.param
    return make_plate(tmp_path / "plate.zarr", ngff_version=version, levels=1) / "A/01/0"


def change(image: Path, table: str, of: Callable[[dict[str, Any]], object]) -> None:
    file = image / "tables" / table / ".zattrs"
    if not file.is_file():
        file = file.with_name("zarr.json")
    content = json.loads(file.read_text())
    of(content if file.name == ".zattrs" else content["attributes"])
    file.write_text(json.dumps(content))


def without(*keys: str) -> Callable[[dict[str, Any]], object]:
    return lambda attributes: [attributes.pop(key, None) for key in keys]


ALL = ("type", "table_version", "fractal_table_version", "index_key", "index_type")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "gone", [("type",), ALL, (*ALL, "backend")], ids=["type", "all but backend", "all"]
)
def test_regions(image: Path, backend: Backend, gone: tuple[str, ...]) -> None:
    write_regions(image, "fields", BOXES, backend=backend)
    before = read_regions(image, "fields")
    change(image, "fields", without(*gone))
    assert look_at_table(image, "fields").type == "roi_table"
    assert read_regions(image, "fields") == before
    assert [region.name for region in before] == ["FOV_2", "FOV_1"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("gone", [("type",), (*ALL, "backend", "region", "instance_key")])
def test_objects_of_a_label(image: Path, backend: Backend, gone: tuple[str, ...]) -> None:
    add_masking_table(image, "masks", "nuclei", {3: {}, 5: {}}, backend=backend)
    change(image, "masks", without(*gone))
    assert look_at_table(image, "masks").type == "masking_roi_table"
    with pytest.raises(InvalidInputError, match=r"are those of objects of a label.* give its"):
        read_regions(image, "masks")


@pytest.mark.parametrize("backend", BACKENDS)
def test_measurements(image: Path, backend: Backend) -> None:
    add_feature_table(image, "features", "nuclei", backend=backend)
    change(image, "features", without("type"))
    assert look_at_table(image, "features").type == "generic_table"
    write_regions(image, "fields", BOXES)
    with pytest.raises(
        InvalidInputError,
        match=r"does not say its type.* lacks y_micrometer, len_y.* Or name another table: fields",
    ):
        read_regions(image, "features")


@pytest.mark.parametrize("backend", ["csv", "parquet"])
def test_half_a_table_of_regions_is_told_by_the_run_and_by_doctor(
    image: Path, backend: Backend
) -> None:
    write_regions(image, "fields", BOXES, backend=backend)
    folder = image / "tables/fields"
    if backend == "csv":
        file = folder / "table.csv"
        file.write_text(file.read_text().replace("len_x_micrometer", "width"))
    else:
        frame = pl.read_parquet(folder / "table.parquet").rename({"len_x_micrometer": "width"})
        frame.write_parquet(folder / "table.parquet")
    change(image, "fields", without("type"))
    with pytest.raises(InvalidInputError, match=r"lacks len_x_micrometer\. Make it[^.]*\.$"):
        read_regions(image, "fields")
    (finding,) = examine_image(image)
    assert finding.path == folder
    assert "as it lacks len_x_micrometer" in finding.problem


def test_the_type_of_old_releases_says_nothing(image: Path) -> None:
    add_masking_table(image, "masks", "nuclei", {3: {}})
    add_feature_table(image, "features", "nuclei")
    for table in ("masks", "features"):
        change(image, table, lambda attributes: attributes.update(type="ngff:region_table"))
    assert look_at_table(image, "masks").type == "masking_roi_table"
    assert look_at_table(image, "features").type == "ngff:region_table"


def test_names_in_a_column_of_another_name(image: Path) -> None:
    write_regions(image, "fields", BOXES)
    change(image, "fields", without(*ALL))
    file = image / "tables/fields/table.csv"
    file.write_text(file.read_text().replace("FieldIndex", "field of view"))
    assert [region.name for region in read_regions(image, "fields")] == ["FOV_2", "FOV_1"]


def test_files_tell_the_backend(tmp_path: Path) -> None:
    assert guess_backend(tmp_path) == "anndata"
    (tmp_path / "table.csv").touch()
    assert guess_backend(tmp_path) == "csv"
