from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pytest
import zarr
from ngio import open_ome_zarr_container

from tasks.plan.errors import InvalidInputError
from tasks.survey.regions import read_regions
from tasks.tables.write import write_tables
from tests.tables.regions_of_images import PIXEL, WHOLE, Images, grid, in_micrometers, new_image
from tests.tables.stored import (
    BACKENDS,
    OTHER_TYPES,
    ROI_TYPES,
    Backend,
    attributes_of,
    box_frame,
    files_of,
    make_plan,
    read_frame,
    store_table,
)


def rows_for(kind: str) -> pd.DataFrame:
    """Rows of a type with columns that are hard to keep."""
    inside = in_micrometers({1: (10, 10, 3, 4), 2: (20, 30, 5, 6), 3: (40, 50, 1, 1)})
    extra: dict[str, list[Any]] = {
        "my col": ["a", "b", "a"],
        "class": [3, 1, 2],
        "score %": [0.25, 1e-7, 3.0],
        "0": ["x", "y", "z"],
    }
    if kind == "masking_roi_table":
        return box_frame(inside, "label").assign(**extra)
    if kind in ROI_TYPES:
        return box_frame({f"row {n}": box for n, box in inside.items()}).assign(**extra)
    frame = pd.DataFrame(extra, index=pd.Index([1, 2, 3], name="label"))
    # Only feature tables have an index of their own.
    return frame if kind == "feature_table" else frame.reset_index()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [*ROI_TYPES, *OTHER_TYPES])
def test_every_type_and_backend_keeps_all_but_the_positions(
    images: Images, kind: str, backend: Backend
) -> None:
    image, reference, staged = images
    attributes = {"made by": {"tool": "ours", "n": [1, None]}}
    source = store_table(
        image, "my table", kind, rows_for(kind), backend, label="nuclei", attributes=attributes
    )
    plan = make_plan(image, reference, grid(WHOLE), labels=[grid(WHOLE, path="labels/nuclei")])
    assert write_tables(plan, staged) == ()

    before, after = read_frame(image, "my table"), read_frame(staged, "my table")
    expected = before.copy()
    if kind in ROI_TYPES:
        expected["y_micrometer"] = before["y_micrometer"] - 5 * PIXEL
        expected["x_micrometer"] = before["x_micrometer"] + 7 * PIXEL
    else:
        assert files_of(staged / "tables" / "my table") == files_of(source)
    pd.testing.assert_frame_equal(after, expected, check_exact=True)
    assert attributes_of(staged / "tables" / "my table") == attributes_of(source)
    table = open_ome_zarr_container(staged, mode="r").get_table("my table")
    assert table.backend_name == backend
    assert table.table_type() == kind


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_references_roi_tables_come_byte_for_byte(images: Images, backend: Backend) -> None:
    image, reference, staged = images
    source = store_table(reference, "FOV", "roi_table", rows_for("roi_table"), backend)
    store_table(image, "FOV", "roi_table", rows_for("roi_table").iloc[:1], "csv")
    write_tables(make_plan(image, reference, grid(WHOLE)), staged)
    assert files_of(staged / "tables" / "FOV") == files_of(source)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_reference_of_the_other_zarr_format_reads_the_same(
    images: Images, tmp_path: Path, version: Literal["0.4", "0.5"], backend: Backend
) -> None:
    image, _, staged = images
    reference = new_image(tmp_path / "0", "0.5" if version == "0.4" else "0.4")
    store_table(reference, "registered", "roi_table", rows_for("roi_table"), backend)
    regions = read_regions(reference, "registered")
    plan = make_plan(image, reference, grid(WHOLE), reference_regions=regions)
    write_tables(plan, staged)
    pd.testing.assert_frame_equal(
        read_frame(staged, "registered"), read_frame(reference, "registered")
    )
    assert read_regions(staged, "registered") == regions


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_reference_registering_itself_keeps_every_byte(
    images: Images, backend: Backend
) -> None:
    image, _, staged = images
    for kind in (*ROI_TYPES, *OTHER_TYPES):
        store_table(image, kind, kind, rows_for(kind), backend, label="nuclei")
    regions = read_regions(image, "roi_table")
    stays = {"well": ((5, 0), (5, 0), (59, 89))}
    plan = make_plan(
        image,
        image,
        grid(stays),
        labels=[grid(stays, path="labels/nuclei")],
        registered="roi_table",
        reference_regions=regions,
    )
    assert write_tables(plan, staged) == ()
    for kind in (*ROI_TYPES, *OTHER_TYPES):
        assert files_of(staged / "tables" / kind) == files_of(image / "tables" / kind)
    assert attributes_of(staged / "tables") == attributes_of(image / "tables")


def test_the_list_has_the_plans_order_and_the_images_own_attributes(images: Images) -> None:
    image, reference, staged = images
    store_table(image, "b", "generic_roi_table", rows_for("generic_roi_table"))
    store_table(image, "a", "feature_table", rows_for("feature_table"))
    store_table(reference, "z", "roi_table", rows_for("roi_table"))
    group = zarr.open_group(image / "tables", mode="r+")
    group.attrs["fractal"] = {"version": 1}
    plan = make_plan(image, reference, grid(WHOLE))
    write_tables(plan, staged)
    written = attributes_of(staged / "tables")
    assert written == {**attributes_of(image / "tables"), "tables": ["z", "b", "a"]}
    assert open_ome_zarr_container(staged, mode="r").list_tables() == ["z", "b", "a"]


def test_writing_again_gives_the_same_and_leaves_nothing_of_before(images: Images) -> None:
    image, reference, staged = images
    store_table(image, "t", "generic_roi_table", rows_for("generic_roi_table"))
    plan = make_plan(image, reference, grid(WHOLE))
    write_tables(plan, staged)
    first = files_of(staged / "tables")
    (staged / "tables" / "t" / "half").write_text("of an earlier try")
    write_tables(plan, staged)
    assert files_of(staged / "tables") == first


def test_the_sources_are_never_written_to(images: Images) -> None:
    image, reference, staged = images
    for kind in (*ROI_TYPES, *OTHER_TYPES):
        store_table(image, kind, kind, rows_for(kind), "anndata", label="nuclei")
    store_table(reference, "well", "roi_table", rows_for("roi_table"))
    before = files_of(image), files_of(reference)
    write_tables(make_plan(image, reference, grid(WHOLE)), staged)
    assert (files_of(image), files_of(reference)) == before


def test_what_is_not_listed_is_carried_over_and_said(images: Images) -> None:
    image, reference, staged = images
    store_table(image, "t", "feature_table", rows_for("feature_table"))
    store_table(image, "draft", "feature_table", rows_for("feature_table"))
    zarr.open_group(image / "tables", mode="r+").attrs["tables"] = ["t"]
    (image / "tables" / "README").write_text("read me")
    plan = make_plan(image, reference, grid(WHOLE))
    (message,) = write_tables(plan, staged)
    assert "not listed there as tables: README, draft" in message
    assert files_of(staged / "tables" / "draft") == files_of(image / "tables" / "draft")
    assert (staged / "tables" / "README").read_text() == "read me"
    assert open_ome_zarr_container(staged, mode="r").list_tables() == ["t"]


def test_rows_that_reach_out_of_the_image_are_cut_to_it_and_told(images: Images) -> None:
    image, reference, staged = images
    rows = {"over": (-2, 50, 20, 60), "inside": (1, 2, 3, 4), "beyond": (70, 0, 9, 9)}
    store_table(reference, "t", "roi_table", box_frame(in_micrometers(rows)))
    plan = make_plan(image, reference, grid(WHOLE))
    (table,) = plan.tables
    clipped = table.model_copy(update={"handling": "clip"})
    assert write_tables(plan.model_copy(update={"tables": (clipped,)}), staged) == (
        "table 't': 1 of 3 rows outside the image, left out: beyond",
        "table 't': 1 of 3 rows partly outside the image, cut: over",
    )
    frame = read_frame(staged, "t")
    assert list(frame.index) == ["over", "inside"]
    expected = box_frame(in_micrometers({"over": (0, 50, 18, 46), "inside": (1, 2, 3, 4)}))
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, check_names=False)


def test_an_image_without_tables_gets_none(images: Images) -> None:
    image, reference, staged = images
    assert write_tables(make_plan(image, reference, grid(WHOLE)), staged) == ()
    assert not (staged / "tables").exists()


def test_an_image_without_tables_gets_the_references(images: Images) -> None:
    image, reference, staged = images
    store_table(reference, "well", "roi_table", rows_for("roi_table"))
    write_tables(make_plan(image, reference, grid(WHOLE)), staged)
    assert open_ome_zarr_container(staged, mode="r").list_tables() == ["well"]


def test_a_table_that_vanished_since_planning_may_come_back(images: Images) -> None:
    image, reference, staged = images
    folder = store_table(reference, "well", "roi_table", rows_for("roi_table"))
    plan = make_plan(image, reference, grid(WHOLE))
    aside = folder.with_name("aside")
    folder.rename(aside)
    with pytest.raises(FileNotFoundError):
        write_tables(plan, staged)
    aside.rename(folder)
    write_tables(plan, staged)
    assert files_of(staged / "tables" / "well") == files_of(folder)


@pytest.mark.parametrize("backend", ["csv", "parquet"])
def test_rows_that_vanished_since_planning_may_come_back(images: Images, backend: Backend) -> None:
    image, reference, staged = images
    folder = store_table(reference, "well", "roi_table", rows_for("roi_table"), backend)
    plan = make_plan(image, reference, grid(WHOLE))
    (folder / f"table.{backend}").unlink()
    with pytest.raises(FileNotFoundError):
        write_tables(plan, staged)


@pytest.mark.parametrize("change", ["rows", "type", "coordinates"])
def test_a_table_that_changed_since_planning_is_refused(images: Images, change: str) -> None:
    image, reference, staged = images
    rows = rows_for("roi_table")
    store_table(reference, "registered", "roi_table", rows)
    regions = read_regions(reference, "registered")
    plan = make_plan(image, reference, grid(WHOLE), reference_regions=regions)
    if change == "rows":
        store_table(reference, "registered", "roi_table", rows.iloc[:2])
    elif change == "type":
        store_table(reference, "registered", "generic_roi_table", rows)
    else:
        store_table(reference, "registered", "roi_table", rows.assign(y_micrometer=1.5))
    with pytest.raises(InvalidInputError, match=r"'registered' of .* has changed since"):
        write_tables(plan, staged)
