"""What holds for any image, whatever its pixels: agreement, repeatability, nothing lost."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ngio import open_ome_zarr_container

from tasks.plan.errors import InvalidInputError
from tests.case import Case, Regions
from tests.cases import GROUPS
from tests.oracle import windows
from tests.plates import (
    Array,
    Box,
    NgffVersion,
    add_extras,
    add_masking_table,
    make_plate,
    read_levels,
    write_regions,
)
from tests.registration import register
from tests.test_registration_oracle import (
    assert_chunks_on_disk,
    assert_levels_equal,
    expected_result,
    in_micrometers,
    make_well,
)
from tests.trees import digest_tree

SOME = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
FACTORS = (1.5, 2.0, 3.0, 4.0)


@st.composite
def regions(draw: st.DrawFn, sizes: dict[str, int]) -> tuple[Regions, Regions]:
    """Draw one to three regions, each with its own place in both images, edges not excluded."""
    reference, acquisition = {}, {}
    for name in draw(st.permutations(["a", "b", "c"]))[: draw(st.integers(1, 3))]:
        box, moved = {}, {}
        # What does not move takes another way through the code.
        still = draw(st.booleans())
        for axis, size in sizes.items():
            start = draw(st.integers(-4, size // 2)) + draw(st.sampled_from([0.0, 0.25, 0.6]))
            length = draw(st.integers(1, size + 6)) + draw(st.sampled_from([0.0, 0.3]))
            # Halves are left out: floating point may put them on either side.
            whole = 0 if still else draw(st.integers(-size // 6, size // 6))
            shift = whole + draw(st.sampled_from([0.0, 0.0, -0.4, 0.4]))
            box[axis], moved[axis] = (start, length), (start + shift, length)
        reference[name], acquisition[name] = box, moved
    return reference, acquisition


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw an image of up to 70 by 70 pixels with any grid, pyramid and dtype."""
    axes = draw(st.sampled_from(["yx", "zyx", "cyx"]))
    plane = [draw(st.integers(3, 70)), draw(st.integers(3, 70))]
    shape = plane if axes == "yx" else [draw(st.integers(1, 4)), *plane]
    chunks = [draw(st.integers(max(1, n // 4), n + 5)) for n in shape]
    ngff_version = draw(st.sampled_from(["0.4", "0.5"]))
    shards = None
    if ngff_version == "0.5" and draw(st.booleans()):
        chunks = [min(c, n) for c, n in zip(chunks, shape, strict=True)]
        shards = tuple(c * draw(st.integers(1, 3)) for c in chunks)
    scaling = {"y": draw(st.sampled_from(FACTORS)), "x": draw(st.sampled_from(FACTORS))}
    if axes[0] == "z":
        scaling["z"] = draw(st.sampled_from([1.0, 2.0]))
    moving = {axis: n for axis, n in zip(axes, shape, strict=True) if axis != "c"}
    reference, acquisition = draw(regions(moving))
    return Case(
        "drawn at random",
        axes,
        tuple(shape),
        tuple(chunks),
        reference,
        acquisition,
        shards=shards,
        # Each level must have fewer pixels than the one above: from 3 pixels only one is left.
        levels=draw(st.integers(1, 3)) if min(plane) >= 16 else 2,
        scaling=scaling,
        dtype=draw(st.sampled_from(["uint8", "uint16", "int16", "float32", "uint64"])),
        ngff_version=ngff_version,
        pixel_size=draw(st.sampled_from([0.5, 0.325, 1.3])),
        fill_value=draw(st.sampled_from([None, 3])),
    )


def lies_outside(case: Case, region: str) -> bool:
    """Return whether no pixel of a region is in both images."""
    size = {"z": case.z_spacing, "y": case.pixel_size, "x": case.pixel_size}
    reference = in_micrometers(case, case.reference)[region]
    acquisition = in_micrometers(case, case.acquisition)[region]
    reads = [
        windows(reference.get(axis), acquisition.get(axis), size.get(axis, 1.0), n)[0]
        for axis, n in zip(case.axes, case.shape, strict=True)
    ]
    return any(read.stop == read.start for read in reads)


@SOME
@given(case=cases(), workers=st.integers(1, 3))
def test_any_image_agrees_with_plain_slicing(case: Case, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        well = make_well(Path(folder), case)
        if any(lies_outside(case, name) for name in case.reference):
            with pytest.raises(InvalidInputError, match="outside"):
                register(well / "1")
            return
        expected = expected_result(well, case)
        plan = register(well / "1", workers=workers)
        for path, levels in expected.items():
            assert_levels_equal(plan.output_path / path, levels)
            assert_chunks_on_disk(plan.output_path / path)


SHARDED = GROUPS["format"]["0.5 sharded over planes and channels"]
OVERLAPPING = GROUPS["regions"]["overlapping"]


@pytest.mark.parametrize("case", [SHARDED, OVERLAPPING], ids=["sharded", "overlapping"])
def test_workers_and_repetition_change_no_byte(case: Case, tmp_path: Path) -> None:
    well = make_well(tmp_path, case)
    register(well / "1", overwrite_input=False, workers=1)
    once = digest_tree(well / "1_registered")
    register(well / "1", overwrite_input=False, workers=3)
    assert digest_tree(well / "1_registered") == once


def test_overwriting_and_writing_beside_give_the_same_pixels(tmp_path: Path) -> None:
    well = make_well(tmp_path, OVERLAPPING)
    register(well / "1", overwrite_input=False)
    register(well / "1", overwrite_input=True)
    beside, in_place = (pixel_files(well / name) for name in ("1_registered", "1"))
    assert beside == in_place
    assert len(beside) > 10


@pytest.mark.parametrize("ngff_version", ["0.4", "0.5"])
def test_what_ngio_does_not_know_is_kept_byte_for_byte(
    ngff_version: NgffVersion, tmp_path: Path
) -> None:
    well = make_plate(tmp_path / "plate.zarr", ngff_version=ngff_version) / "A" / "01"
    for name in ("0", "1"):
        write_regions(well / name, "registered", {"well": {}})
    add_extras(well / "1")
    before = digest_tree(well / "1")
    attributes = root_attributes(well / "1")

    register(well / "1")

    after = digest_tree(well / "1")
    root = {".zattrs", "zarr.json"}
    unchanged = {path: digest for path, digest in before.items() if path not in root}
    # The whole well does not move: even every chunk has the bytes that it had.
    assert {path: after.get(path) for path in unchanged} == unchanged
    registered = root_attributes(well / "1")
    registered.pop("plate_registration")
    assert registered == attributes


def test_masking_boxes_hold_the_objects_of_the_shifted_label(tmp_path: Path) -> None:
    case = GROUPS["axes"]["zyx"]
    well = make_well(tmp_path, case)
    before = read_levels(well / "1" / "labels" / "nuclei")[0]
    add_masking_table(well / "1", "objects", "nuclei", boxes_of(before, case))

    register(well / "1")

    after = read_levels(well / "1" / "labels" / "nuclei")[0]
    table = open_ome_zarr_container(well / "1", mode="r").get_masking_roi_table("objects")
    for number, box in boxes_of(after, case).items():
        roi = table.get_label(number)
        for axis, (start, length) in box.items():
            found = roi[axis]
            assert found.start is not None
            assert found.length is not None
            assert found.start <= start + 1e-9
            assert found.start + found.length >= start + length - 1e-9
    assert len(table.rois()) > 30


def boxes_of(label: Array, case: Case) -> dict[int, Box]:
    """Return the bounding box of every object of a zyx label, in micrometers."""
    sizes = (case.z_spacing, case.pixel_size, case.pixel_size)
    boxes = {}
    for number in np.unique(label[label > 0]):
        where = np.nonzero(label == number)
        boxes[int(number)] = {
            axis: (float(at.min() * size), float((at.max() - at.min() + 1) * size))
            for axis, at, size in zip("zyx", where, sizes, strict=True)
        }
    return boxes


def pixel_files(image: Path) -> dict[str, str]:
    """Return the fingerprints of all files of the levels of an image and its label."""
    return {
        path: digest
        for path, digest in digest_tree(image).items()
        if path[0].isdigit() or path.startswith("labels/nuclei/")
    }


def root_attributes(image: Path) -> dict[str, Any]:
    """Return the attributes of an image's root group."""
    if (image / "zarr.json").exists():
        attributes: dict[str, Any] = json.loads((image / "zarr.json").read_text())["attributes"]
    else:
        attributes = json.loads((image / ".zattrs").read_text())
    return attributes
