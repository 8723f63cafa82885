"""The plain functions, end to end, against the oracle: every pixel of every level and label."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from ngio import open_ome_zarr_container

from tests.case import Case, Regions
from tests.cases import GROUPS
from tests.oracle import Resampling, expected_levels
from tests.plates import (
    Array,
    add_label,
    label_pixels,
    level_paths,
    make_image,
    make_plate,
    read_levels,
    replace_level,
    write_levels,
    write_regions,
)
from tests.registration import register
from tests.trees import digest_tree

CASES = [
    pytest.param(case, id=f"{group}: {name}")
    for group, cases in GROUPS.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize("case", CASES)
def test_every_pixel_is_what_plain_slicing_gives(case: Case, tmp_path: Path) -> None:
    well = make_well(tmp_path, case)
    image = well / str(case.registered)
    before = {name: digest_tree(well / name) for name in ("0", "1")}
    expected = expected_result(well, case)

    plan = register(image, overwrite_input=False)

    assert plan.output_path == well / f"{case.registered}_registered"
    for path, levels in expected.items():
        assert_levels_equal(plan.output_path / path, levels)
        assert_same_arrays(image / path, plan.output_path / path)
        assert_chunks_on_disk(plan.output_path / path)
    assert {name: digest_tree(well / name) for name in ("0", "1")} == before


def make_well(folder: Path, case: Case) -> Path:
    """Write the case's plate with its labels and registered tables; return the well."""
    # Of the reference only shape and table matter: it is written in few chunks, to be quick.
    plate = make_plate(
        folder / "plate.zarr",
        axes=case.axes,
        shape=case.reference_shape or case.shape,
        levels=1,
        ngff_version=case.ngff_version,
        pixel_size=case.reference_pixel_size or case.pixel_size,
        z_spacing=case.z_spacing,
        labels=(),
    )
    well = plate / "A" / "01"
    image = make_image(
        well / str(case.registered),
        axes=case.axes,
        shape=case.shape,
        chunks=case.chunks,
        shards=case.shards,
        levels=case.levels,
        scaling=case.scaling,
        dtype=case.dtype,
        ngff_version=case.ngff_version,
        pixel_size=case.pixel_size,
        z_spacing=case.z_spacing,
        separator=case.separator,
        compressors=case.compressors,
        fill_value=case.fill_value,
        labels=("nuclei",) if case.with_label else (),
    )
    change_levels(image, case)
    for number, (name, label) in enumerate(case.labels.items()):
        add_label(
            image,
            name,
            label_pixels(label.shape, label.dtype, number, first=label.first),
            axes=label.axes,
            chunks=label.chunks,
            levels=label.levels,
            scaling=label.scaling,
            pixel_size=label.pixel_size,
            z_spacing=case.z_spacing,
        )
    write_regions(well / "0", "registered", in_micrometers(case, case.reference))
    write_regions(well / "1", "registered", in_micrometers(case, case.acquisition))
    return well


def change_levels(image: Path, case: Case) -> None:
    pixels = read_levels(image)[0]
    every_level = range(case.levels) if case.storage else ()
    for level in sorted({*case.level_shapes, *case.level_chunks, *every_level}):
        replace_level(
            image,
            level,
            shape=case.level_shapes.get(level),
            chunks=case.level_chunks.get(level),
            **case.storage,
        )
    if case.storage or case.level_shapes or case.level_chunks:
        write_levels(image, pixels)
    if case.absent_chunk:
        finest = zarr.open_array(image / level_paths(image)[0], mode="r")
        key = finest.metadata.encode_chunk_key(tuple(n // 2 for n in finest.cdata_shape))
        (image / level_paths(image)[0] / key).unlink()


def in_micrometers(case: Case, regions: Regions) -> dict[str, dict[str, tuple[float, float]]]:
    """Return a case's regions as a table holds them."""
    size = {"t": 1.0, "z": case.z_spacing, "y": case.pixel_size, "x": case.pixel_size}
    return {
        name: {axis: (start * size[axis], n * size[axis]) for axis, (start, n) in box.items()}
        for name, box in regions.items()
    }


def expected_result(well: Path, case: Case) -> dict[str, list[Array]]:
    """Return the oracle's levels of the image (path empty) and of each of its labels."""
    image = well / str(case.registered)
    container = open_ome_zarr_container(image, mode="r")
    moved = case.acquisition if case.registered == 1 else case.reference
    result = {}
    for name in ("", *container.list_labels()):
        multiscale = container.get_label(name) if name else container.get_image()
        path = f"labels/{name}" if name else ""
        levels = read_levels(image / path)
        sizes = dict(zip(multiscale.axes, multiscale.dataset.scale, strict=True))
        resampling: Resampling = "nearest" if name else "linear"
        result[path] = expected_levels(
            levels[0],
            axes="".join(multiscale.axes),
            pixel_size=sizes,
            reference=in_micrometers(case, case.reference),
            acquisition=in_micrometers(case, moved),
            level_shapes=[level.shape for level in levels],
            resampling=resampling,
        )
    return result


def assert_levels_equal(multiscale: Path, expected: list[Array]) -> None:
    levels = read_levels(multiscale)
    assert len(levels) == len(expected)
    for number, (level, wanted) in enumerate(zip(levels, expected, strict=True)):
        assert level.dtype.name == wanted.dtype.name
        np.testing.assert_array_equal(level, wanted, err_msg=f"{multiscale.name}, level {number}")


def assert_same_arrays(source: Path, output: Path) -> None:
    """Check that every level's metadata is the source's, byte for byte."""
    for path in level_paths(source):
        names = [n for n in (".zarray", "zarr.json") if (source / path / n).exists()]
        assert len(names) == 1
        metadata = (source / path / names[0]).read_bytes()
        assert (output / path / names[0]).read_bytes() == metadata


def assert_chunks_on_disk(multiscale: Path) -> None:
    """Check that the chunk files are those that hold anything but the fill value, and no other."""
    for path in level_paths(multiscale):
        array = zarr.open_array(multiscale / path, mode="r")
        unit = array.shards or array.chunks
        pixels = np.asarray(array[...])
        grid = [range(-(-n // u)) for n, u in zip(array.shape, unit, strict=True)]
        wanted = set()
        for index in itertools.product(*grid):
            slices = tuple(slice(i * u, (i + 1) * u) for i, u in zip(index, unit, strict=True))
            if not holds_only(pixels[slices], array.fill_value):
                wanted.add(array.metadata.encode_chunk_key(index))
        folder = multiscale / path
        found = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
        assert found - {".zarray", ".zattrs", "zarr.json"} == wanted


def holds_only(pixels: Array, fill_value: Any) -> bool:
    return bool(
        np.array_equal(pixels, np.full_like(pixels, fill_value), equal_nan=pixels.dtype.kind == "f")
    )
