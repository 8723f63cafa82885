from __future__ import annotations

import numpy as np
import pytest
from ngio import PixelSize, open_ome_zarr_container
from ngio.tables import MaskingRoiTable
from scipy import ndimage

from tasks.tables.write import write_tables
from tests.plates import Array, add_label, label_pixels
from tests.tables.regions_of_images import FIELDS, PIXEL, SHAPE, WHOLE, Images, grid, in_micrometers
from tests.tables.stored import (
    BACKENDS,
    Backend,
    Move,
    box_frame,
    make_plan,
    pyramid,
    read_frame,
    store_table,
)


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
