from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import zarr
from ngio import PixelSize, open_ome_zarr_container
from ngio.tables import MaskingRoiTable
from scipy import ndimage

from tasks.plan.errors import InvalidInputError
from tasks.plan.regions import read_regions
from tasks.tables.write import write_tables
from tests.plates import Array, add_label, label_pixels, make_image
from tests.tables.stored import (
    BACKENDS,
    OTHER_TYPES,
    ROI_TYPES,
    Backend,
    Move,
    attributes_of,
    box_frame,
    files_of,
    make_plan,
    pyramid,
    read_frame,
    store_table,
)

SHAPE = (64, 96)
PIXEL = 0.325
WHOLE: dict[str, Move] = {"well": ((5, 0), (0, 7), (59, 89))}
"""Rows 5 to 64 and columns 0 to 89 move 5 pixels up and 7 to the right."""
FIELDS: dict[str, Move] = {
    "left": ((0, 0), (4, 2), (60, 44)),
    "right": ((2, 48), (0, 50), (60, 44)),
}

Images = tuple[Path, Path, Path]


@pytest.fixture(params=["0.4", "0.5"])
def version(request: pytest.FixtureRequest) -> Literal["0.4", "0.5"]:
    chosen: Literal["0.4", "0.5"] = request.param
    return chosen


def new_image(path: Path, version: Literal["0.4", "0.5"]) -> Path:
    return make_image(
        path,
        axes="yx",
        shape=SHAPE,
        levels=2,
        labels=("nuclei",),
        ngff_version=version,
        pixel_size=PIXEL,
    )


@pytest.fixture
def images(tmp_path: Path, version: Literal["0.4", "0.5"]) -> Images:
    """The image, its reference, and the staged image as staging leaves it: without tables."""
    well = tmp_path / "plate é.zarr" / "A" / "01"
    image = new_image(well / "1", version)
    reference = Path(shutil.copytree(image, well / "0"))
    return image, reference, Path(shutil.copytree(image, well / ".1.staging"))


def grid(moves: dict[str, Move], **changes: Any) -> Any:
    given = {"axes": "yx", "shape": SHAPE, "pixel_size": {"y": PIXEL, "x": PIXEL}, **changes}
    return pyramid(moves, **given)


def in_micrometers(boxes: dict[Any, tuple[int, int, int, int]]) -> dict[Any, dict[str, Any]]:
    """Boxes from (first row, first column, rows, columns) in pixels."""
    return {
        name: {"y": (y * PIXEL, h * PIXEL), "x": (x * PIXEL, w * PIXEL)}
        for name, (y, x, h, w) in boxes.items()
    }


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
    plan = make_plan(image, image, grid(WHOLE), registered="roi_table", reference_regions=regions)
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


def moved_by_slices(pixels: Array, moves: dict[str, Move]) -> Array:
    """The oracle: plain slicing."""
    result = np.zeros_like(pixels)
    for source, target, extent in moves.values():
        result[tuple(slice(a, a + n) for a, n in zip(target, extent, strict=True))] = pixels[
            tuple(slice(a, a + n) for a, n in zip(source, extent, strict=True))
        ]
    return result


def object_boxes(pixels: Array) -> dict[int, tuple[tuple[int, int], ...]]:
    """First pixel and extent of every object, per axis, as SciPy finds them."""
    found = ndimage.find_objects(pixels.astype("int64"))
    return {
        number + 1: tuple((part.start, part.stop - part.start) for part in parts)
        for number, parts in enumerate(found)
        if parts is not None
    }


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("factor", [1, 2])
def test_a_masking_table_encloses_the_moved_objects_of_its_label_exactly(
    images: Images, backend: Backend, factor: int
) -> None:
    # Regions that cut objects at their edges; on a coarser label with an odd shift of its own.
    image, reference, staged = images
    shape = tuple(size // factor for size in SHAPE)
    size = PIXEL * factor
    pixels = label_pixels(shape, "uint16", seed=3)
    add_label(image, "cells", pixels, axes="yx", levels=1, pixel_size=size)
    moves: dict[str, Move] = {
        "left": ((0, 0), (3, 1), (27, 22)),
        "right": ((1, 22), (0, 25), (29, 20)),
    }
    boxes = {
        number: {"y": (y * size, h * size), "x": (x * size, w * size)}
        for number, ((y, h), (x, w)) in object_boxes(pixels).items()
    }
    store_table(
        image, "mask", "masking_roi_table", box_frame(boxes, "label"), backend, label="cells"
    )
    label = pyramid(
        moves, axes="yx", shape=shape, pixel_size={"y": size, "x": size}, path="labels/cells"
    )
    image_moves: dict[str, Move] = {"well": ((0, 0), (9, 9), (50, 50))}
    plan = make_plan(image, reference, grid(image_moves), labels=[label])
    messages = write_tables(plan, staged)

    expected = object_boxes(moved_by_slices(pixels, moves))
    assert len(expected) > 3, "else this test shows nothing"
    table = open_ome_zarr_container(staged, mode="r").get_masking_roi_table("mask")
    assert isinstance(table, MaskingRoiTable)
    assert table.reference_label == "cells"
    rows = {}
    for roi in table.rois():
        in_pixels = roi.to_pixel(PixelSize(x=size, y=size, z=1.0))
        rows[roi.label] = tuple(
            tuple(round(value, 6) for value in (in_pixels[axis].start, in_pixels[axis].length))
            for axis in "yx"
        )
    # A box can reach further than what is left of its object, never less far.
    assert rows.keys() >= expected.keys()
    gone = {n for n in boxes if n not in rows}
    assert gone.isdisjoint(expected)
    for number, found in expected.items():
        for (start, length), (first, extent) in zip(rows[number], found, strict=True):
            assert start <= first
            assert start + length >= first + extent
    whole = {
        number
        for number in expected
        if (pixels == number).sum() == (moved_by_slices(pixels, moves) == number).sum()
        and not any(f"{number}" in message.split(": ")[-1].split(", ") for message in messages)
    }
    assert whole, "else this test shows nothing"
    for number in whole:
        assert rows[number] == expected[number]


def test_rows_are_cut_left_out_and_torn_and_said_so_by_name(images: Images) -> None:
    image, reference, staged = images
    boxes = in_micrometers(
        {
            "inside": (10, 10, 3, 4),
            "cut": (58, 10, 6, 4),
            "between": (10, 44, 3, 4),
            "both": (10, 40, 3, 12),
            "both, cut": (10, 40, 3, 60),
            "below": (62, 50, 2, 2),
        }
    )
    rows = box_frame(boxes).assign(note=["i", "c", "w", "b", "d", "o"])
    store_table(image, "crops", "generic_roi_table", rows)
    messages = write_tables(make_plan(image, reference, grid(FIELDS)), staged)
    after = read_frame(staged, "crops")
    columns = ["y_micrometer", "x_micrometer", "len_y_micrometer", "len_x_micrometer"]
    in_pixels = dict(
        zip(after.index, map(tuple, (after[columns] / PIXEL).round(9).to_numpy()), strict=True)
    )
    assert in_pixels == {
        "inside": (14, 12, 3, 4),
        "cut": (62, 12, 2, 4),
        "both": (8, 42, 9, 12),
        "both, cut": (8, 42, 9, 52),
    }
    assert after["note"].tolist() == ["i", "c", "b", "d"]
    assert messages == (
        "table 'crops': 2 of 6 rows in no region, left out: between, below",
        "table 'crops': 1 of 6 rows partly in no region, cut: cut",
        "table 'crops': 2 of 6 rows in regions that move differently; each box now encloses all "
        "its parts: both, both, cut",
    )


def test_all_rows_left_out_are_named_over_several_messages(images: Images) -> None:
    image, reference, staged = images
    boxes = in_micrometers({f"r{n}": (62, n % 40, 1, 1) for n in range(1203)})
    store_table(image, "crops", "generic_roi_table", box_frame(boxes))
    messages = write_tables(make_plan(image, reference, grid(FIELDS)), staged)
    assert len(messages) == 3
    names = [name for message in messages for name in message.rsplit(": ", 1)[1].split(", ")]
    assert names == list(boxes)
    assert "1203 of 1203" in messages[1]
    assert "(continued, from 501)" in messages[1]
    assert len(read_frame(staged, "crops")) == 0


def test_rows_of_one_name_are_each_their_own(images: Images) -> None:
    image, reference, staged = images
    rows = box_frame(in_micrometers({"a": (10, 10, 3, 4), "b": (20, 30, 5, 6)}))
    folder = store_table(image, "crops", "generic_roi_table", rows)
    rows.rename(index={"b": "a"}).to_csv(folder / "table.csv")
    assert write_tables(make_plan(image, reference, grid(WHOLE)), staged) == ()
    after = read_frame(staged, "crops")
    assert list(after.index) == ["a", "a"]
    assert ((after["y_micrometer"] / PIXEL).round(9)).tolist() == [5, 15]


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
