from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
import zarr

from tasks.plan.errors import InvalidInputError
from tasks.survey.table_plans import plan_tables
from tests.plates import make_image
from tests.tables.stored import (
    BACKENDS,
    OTHER_TYPES,
    ROI_TYPES,
    Backend,
    box_frame,
    files_of,
    store_table,
)

Pair = tuple[Path, Path]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    return make_image(folder / "1", axes="yx", shape=(16, 16), levels=1, labels=("nuclei",))


@pytest.fixture
def pair(empty: Path, tmp_path: Path) -> Pair:
    """An image and its reference, without tables."""
    return Path(shutil.copytree(empty, tmp_path / "1")), Path(
        shutil.copytree(empty, tmp_path / "0")
    )


def boxes() -> pd.DataFrame:
    return box_frame({"A": {}, "B": {"x": (1.0, 2.0)}})


def objects() -> pd.DataFrame:
    return box_frame({1: {}, 7: {}, 9: {}}, index="label")


def measurements() -> pd.DataFrame:
    return pd.DataFrame({"area": [1.5, 2.5]}, index=pd.Index([1, 2], name="label"))


def rows_for(kind: str) -> pd.DataFrame:
    if kind == "masking_roi_table":
        return objects()
    return boxes() if kind in ROI_TYPES else measurements()


def test_every_table_has_its_origin_and_handling_in_a_fixed_order(pair: Pair) -> None:
    image, reference = pair
    store_table(image, "features", "feature_table", measurements(), label="nuclei")
    store_table(image, "FOV", "roi_table", boxes())
    store_table(image, "mask", "masking_roi_table", objects(), label="nuclei")
    store_table(image, "own", "roi_table", boxes())
    store_table(image, "crops", "generic_roi_table", boxes())
    store_table(reference, "well", "roi_table", boxes())
    store_table(reference, "FOV", "roi_table", boxes().iloc[:1])
    store_table(reference, "their mask", "masking_roi_table", objects(), label="nuclei")
    store_table(reference, "their features", "feature_table", measurements(), label="nuclei")
    tables, warnings = plan_tables(image, reference)
    assert [(table.name, table.origin, table.handling, table.rows) for table in tables] == [
        ("well", "reference", "copy", 2),
        ("FOV", "reference", "copy", 1),
        ("features", "acquisition", "copy", 2),
        ("mask", "acquisition", "shift", 3),
        ("own", "acquisition", "shift", 2),
        ("crops", "acquisition", "shift", 2),
    ]
    assert [table.reference_label for table in tables] == [None, None, None, "nuclei", None, None]
    assert len(warnings) == 1
    assert "'features' (feature_table) is carried over unchanged" in warnings[0]


@pytest.mark.parametrize("kind", [*ROI_TYPES, *OTHER_TYPES])
@pytest.mark.parametrize("backend", BACKENDS)
def test_type_and_backend_are_the_tables_own(pair: Pair, kind: str, backend: Backend) -> None:
    image, reference = pair
    store_table(image, "t", kind, rows_for(kind), backend, label="nuclei")
    (table,), warnings = plan_tables(image, reference)
    assert (table.type, table.backend, table.rows) == (kind, backend, len(rows_for(kind)))
    assert table.handling == ("shift" if kind in ROI_TYPES else "copy")
    assert len(warnings) == (kind in OTHER_TYPES)


def test_an_unknown_type_is_carried_over(pair: Pair) -> None:
    image, reference = pair
    store_table(
        image, "t", "generic_table", measurements(), attributes={"type": "ngff:region_table"}
    )
    (table,), warnings = plan_tables(image, reference)
    assert (table.type, table.handling) == ("ngff:region_table", "copy")
    assert "ngff:region_table" in warnings[0]


def test_of_the_reference_itself_objects_are_cut_and_nothing_is_said(pair: Pair) -> None:
    image, _ = pair
    for kind in (*ROI_TYPES, *OTHER_TYPES):
        store_table(image, kind, kind, rows_for(kind), label="nuclei")
    tables, warnings = plan_tables(image, image)
    assert [table.name for table in tables] == [*ROI_TYPES, *OTHER_TYPES]
    cut = {"masking_roi_table", "generic_roi_table"}
    assert {table.name for table in tables if table.handling == "shift"} == cut
    assert warnings == ()


@pytest.mark.parametrize("kind", ["masking_roi_table", "generic_roi_table", *OTHER_TYPES])
def test_what_exists_nowhere_else_wins_over_the_reference(pair: Pair, kind: str) -> None:
    image, reference = pair
    store_table(image, "t", kind, rows_for(kind), label="nuclei")
    store_table(reference, "t", "roi_table", boxes())
    (table,), warnings = plan_tables(image, reference)
    assert (table.origin, table.type) == ("acquisition", kind)
    assert f"'t' is a roi_table in the reference but a {kind} here" in warnings[0]
    assert "this image's own is kept" in warnings[0]


def test_masking_tables_stay_with_labels_that_stay(pair: Pair) -> None:
    image, reference = pair
    store_table(image, "mask", "masking_roi_table", objects(), label="nuclei")
    store_table(image, "crops", "generic_roi_table", boxes())
    tables, warnings = plan_tables(image, reference, register_labels=False)
    assert {table.name: table.handling for table in tables} == {"mask": "copy", "crops": "shift"}
    assert len(warnings) == 1
    assert "'mask' (masking_roi_table) is carried over unchanged, like the labels" in warnings[0]


@pytest.mark.parametrize("register_labels", [True, False])
def test_a_masking_table_of_no_label_moves_with_the_image(
    pair: Pair, register_labels: bool
) -> None:
    image, reference = pair
    store_table(image, "mask", "masking_roi_table", objects(), label="cells")
    (table,), warnings = plan_tables(image, reference, register_labels=register_labels)
    assert (table.handling, table.reference_label) == ("shift", "cells")
    assert len(warnings) == 1
    assert "the label 'cells', which this image does not have" in warnings[0]


@pytest.mark.parametrize("where", ["image", "reference"])
def test_a_listed_table_that_is_absent_is_named(
    pair: Pair, where: Literal["image", "reference"]
) -> None:
    image, reference = pair
    folder = image if where == "image" else reference
    store_table(folder, "here", "roi_table", boxes())
    shutil.rmtree(store_table(folder, "gone", "roi_table", boxes()))
    with pytest.raises(InvalidInputError, match=r"'gone' is listed in .* but is not there"):
        plan_tables(image, reference)


def test_a_table_without_rows_on_disk_may_come(pair: Pair) -> None:
    image, reference = pair
    (store_table(reference, "t", "roi_table", boxes(), "parquet") / "table.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        plan_tables(image, reference)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        pytest.param("roi_table", {"x_micrometer": "left"}, id="no number"),
        pytest.param("masking_roi_table", {"len_x_micrometer": -1.0}, id="negative length"),
        pytest.param("generic_roi_table", {"y_micrometer": None}, id="missing value"),
    ],
)
def test_a_table_that_cannot_move_is_refused_while_nothing_is_written(
    pair: Pair, kind: str, change: dict[str, object]
) -> None:
    image, reference = pair
    folder = store_table(image, "t", kind, rows_for(kind), label="nuclei")
    rows_for(kind).assign(**change).to_csv(folder / "table.csv")
    with pytest.raises(InvalidInputError, match=r"'t' of .*micrometer"):
        plan_tables(image, reference)


def test_a_backend_that_nobody_knows_is_refused(pair: Pair) -> None:
    image, reference = pair
    store_table(image, "t", "feature_table", measurements(), attributes={"backend": "feather"})
    with pytest.raises(InvalidInputError, match=r"'t' of .* cannot be read: .*feather"):
        plan_tables(image, reference)


@pytest.mark.parametrize("backend", BACKENDS)
def test_planning_leaves_both_images_as_they_are(pair: Pair, backend: Backend) -> None:
    image, reference = pair
    store_table(image, "t", "masking_roi_table", objects(), backend, label="cells")
    before = files_of(image), files_of(reference)
    plan_tables(image, reference)
    assert (files_of(image), files_of(reference)) == before
    assert not (reference / "tables").exists()


def test_a_name_listed_twice_is_one_table(pair: Pair) -> None:
    image, reference = pair
    store_table(reference, "t", "roi_table", boxes())
    zarr.open_group(reference / "tables", mode="r+").attrs["tables"] = ["t", "t"]
    assert len(plan_tables(image, reference)[0]) == 1


def test_images_without_tables_have_none(pair: Pair) -> None:
    assert plan_tables(*pair) == ((), ())
