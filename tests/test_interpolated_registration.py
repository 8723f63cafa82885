"""Images moved by fractions of a pixel, end to end, against SciPy and Keys' formula."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from tests.interpolation_oracle import Kind, assert_is, moved
from tests.oracle import coarser, expected_finest, windows
from tests.plates import (
    make_image,
    make_plate,
    read_levels,
    replace_level,
    write_levels,
    write_regions,
)
from tests.registration import register
from tests.trees import digest_tree

Regions = Mapping[str, Mapping[str, tuple[float, float]]]
"""Start and length in pixels."""

REFERENCE: Regions = {
    "FOV_1": {"y": (0, 30), "x": (0, 40)},
    "FOV_2": {"y": (30, 31), "x": (40, 43)},
}
BROKEN: Regions = {
    "FOV_1": {"y": (3.3, 30), "x": (4.6, 40)},
    "FOV_2": {"y": (27.5, 31), "x": (38, 43)},
}
DEEP: Regions = {"FOV_1": {"z": (0, 4), "y": (2, 50), "x": (3, 60)}}
DEEP_BROKEN: Regions = {"FOV_1": {"z": (0.7, 4), "y": (0.4, 50), "x": (7.75, 60)}}
PIXEL = 0.5


@dataclass(frozen=True)
class Case:
    axes: str = "yx"
    shape: tuple[int, ...] = (61, 83)
    chunks: tuple[int, ...] = (24, 32)
    shards: tuple[int, ...] | None = None
    dtype: str = "uint16"
    ngff_version: Literal["0.4", "0.5"] = "0.4"
    reference: Regions | None = None
    acquisition: Regions | None = None
    storage: Mapping[str, Any] | None = None

    @property
    def regions(self) -> tuple[Regions, Regions]:
        deep = "z" in self.axes
        return (
            self.reference or (DEEP if deep else REFERENCE),
            self.acquisition or (DEEP_BROKEN if deep else BROKEN),
        )


CASES = {
    "yx, odd sizes, at the image's edge": Case(),
    "zyx": Case("zyx", (5, 61, 83), (1, 24, 32)),
    "zyx, planes in one chunk": Case("zyx", (5, 61, 83), (5, 24, 32), dtype="float32"),
    "czyx, int16": Case("czyx", (2, 5, 61, 83), (1, 1, 24, 32), dtype="int16"),
    "tczyx, uint8": Case("tczyx", (2, 2, 4, 61, 83), (1, 1, 1, 61, 83), dtype="uint8"),
    "NGFF 0.5": Case(ngff_version="0.5", dtype="uint32"),
    "sharded": Case(chunks=(8, 16), shards=(24, 32), ngff_version="0.5"),
    "big endian": Case(storage={"dtype": ">u2"}),
    "over the image's edge": Case(
        reference={"FOV_1": {"y": (-3, 40), "x": (20, 80)}},
        acquisition={"FOV_1": {"y": (-5.3, 40), "x": (22.3, 80)}},
    ),
    "one plane that a table puts between planes": Case(
        "zyx",
        (1, 61, 83),
        (1, 24, 32),
        reference={"FOV_1": {"z": (0, 1), "y": (2, 50), "x": (3, 60)}},
        acquisition={"FOV_1": {"z": (0.3, 1), "y": (2.4, 50), "x": (3, 60)}},
    ),
}


def make_well(folder: Path, case: Case) -> Path:
    plate = make_plate(
        folder / "plate.zarr",
        axes=case.axes,
        shape=case.shape,
        levels=1,
        ngff_version=case.ngff_version,
        pixel_size=PIXEL,
        labels=(),
    )
    well = plate / "A" / "01"
    image = make_image(
        well / "1",
        axes=case.axes,
        shape=case.shape,
        chunks=case.chunks,
        shards=case.shards,
        dtype=case.dtype,
        ngff_version=case.ngff_version,
        pixel_size=PIXEL,
        seed=4,
    )
    if case.storage:
        pixels = read_levels(image)[0]
        for level in range(3):
            replace_level(image, level, **case.storage)
        write_levels(image, pixels)
    for name, regions in zip("01", case.regions, strict=True):
        write_regions(well / name, "registered", in_micrometers(regions))
    return well


def in_micrometers(regions: Regions) -> dict[str, dict[str, tuple[float, float]]]:
    step = {"z": 1.0, "y": PIXEL, "x": PIXEL}
    return {
        name: {axis: (a * step[axis], n * step[axis]) for axis, (a, n) in box.items()}
        for name, box in regions.items()
    }


# How pixels are stored has nothing to do with how they are weighed: each is tried with one kind.
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "cubic") for name in CASES),
        ("yx, odd sizes, at the image's edge", "linear"),
        ("over the image's edge", "linear"),
        ("zyx", "linear"),
    ],
)
def test_an_image_moves_by_fractions_and_its_labels_do_not(
    name: str, kind: Kind, tmp_path: Path
) -> None:
    case = CASES[name]
    well = make_well(tmp_path, case)
    source, label = read_levels(well / "1")[0], read_levels(well / "1/labels/nuclei")[0]
    before = digest_tree(well / "1")

    output = register(well / "1", overwrite_input=False, interpolation=kind).output_path

    found = read_levels(output)
    reference, acquisition = case.regions
    rest = np.ones(case.shape, dtype=bool)
    for region, box in reference.items():
        there = acquisition[region]
        targets, move = [], []
        for axis, size in zip(case.axes, case.shape, strict=True):
            targets.append(windows(box.get(axis), there.get(axis), 1.0, size)[1])
            move.append(box[axis][0] - there[axis][0] if axis in box else 0)
        target = tuple(targets)
        assert_is(found[0][target], moved(source, move, kind)[target])
        rest[target] = False
    assert not found[0][rest].any()
    for finer, level in itertools.pairwise(found):
        np.testing.assert_array_equal(level, coarser(finer, level.shape, "linear"))
    np.testing.assert_array_equal(
        read_levels(output / "labels/nuclei")[0],
        expected_finest(
            label,
            axes=case.axes.replace("c", ""),
            pixel_size={},
            reference=reference,
            acquisition=acquisition,
        ),
    )
    assert digest_tree(well / "1") == before


@pytest.mark.parametrize("name", ["sharded", "zyx"])
def test_a_move_by_whole_pixels_gives_the_same_files(name: str, tmp_path: Path) -> None:
    whole = {
        region: {axis: (np.rint(a), n) for axis, (a, n) in box.items()}
        for region, box in CASES[name].regions[1].items()
    }
    well = make_well(tmp_path, replace(CASES[name], acquisition=whole))
    files = []
    for kind in ("none", "linear", "cubic"):
        output = register(
            well / "1",
            overwrite_input=False,
            interpolation=kind,  # type: ignore[arg-type]
        ).output_path
        # The record of how it was made says another interpolation.
        files.append(
            {
                path: digest
                for path, digest in digest_tree(output).items()
                if str(path) not in (".zattrs", "zarr.json")
            }
        )
    assert files[0] == files[1] == files[2]
