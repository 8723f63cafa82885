"""Projections and single planes beside stacks: they move along y and x, and cut no stack."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr
from ngio import Channel, ImageInWellPath, create_empty_plate, create_ome_zarr_from_array
from numpy.typing import NDArray

from tests.estimate.foreign_wells import list_images, remove_tables
from tests.estimate.samples import random, tissue
from tests.estimate.wells import STAIN, TABLE
from tests.plates import write_regions
from tests.raw_runs import RawRun, run_raw

HEIGHT, WIDTH, PLANES = 96, 112, 5
Z, PIXEL = 2.0, 0.5
"""Micrometers."""
SHIFTS = {"0": (0, 0), "1": (-6, 9), "2": (4, -7)}
"""Pixels (y, x) that lead from the image to the reference."""

Array = NDArray[np.uint16]


def stack_of(image: str, first: int = 2) -> Array:
    """Return some planes of one and the same sample, as an acquisition shows them."""
    y, x = (20 + by for by in SHIFTS[image])
    light = tissue((12, HEIGHT + 40, WIDTH + 40), random(3))
    seen = light[first : first + PLANES, y : y + HEIGHT, x : x + WIDTH]
    noise = random(4, int(image)).normal(0, 4, seen.shape)
    return np.rint(200 + 400 * seen + noise).clip(1).astype(np.uint16)


def make(well: Path, pictures: dict[str, Array]) -> None:
    """Write images with one channel; of a picture without planes the image has no z axis."""
    create_empty_plate(
        well.parents[1],
        "p",
        images=[
            ImageInWellPath(row="A", column="01", path=name, acquisition_id=int(name))
            for name in pictures
        ],
    )
    for name, picture in pictures.items():
        deep = Z if picture.shape[0] == PLANES else 1.0
        create_ome_zarr_from_array(
            well / name,
            picture[None],
            pixelsize=PIXEL,
            z_spacing=deep,
            levels=2,
            channels_meta=[Channel.default_init(STAIN, wavelength_id=STAIN)],
            axes_names=tuple("czyx" if picture.ndim == 3 else "cyx"),
            consolidation_mode="numpy",
        )
        planes = len(picture) if picture.ndim == 3 else 1
        box = {"z": (0.0, deep * planes), "y": (0.0, HEIGHT * PIXEL), "x": (0.0, WIDTH * PIXEL)}
        write_regions(well / name, TABLE, {"FOV_1": box})


def pixels(image: Path) -> Array:
    read: Array = np.asarray(zarr.open_array(image / "0", mode="r")[:])
    return read


def moved(picture: Array, image: str) -> Array:
    """Move a picture to the reference; 0 comes in from outside."""
    wide = [(0, 0)] * (picture.ndim - 2) + [(20, 20)] * 2
    found: Array = np.roll(np.pad(picture, wide), SHIFTS[image], (-2, -1))[..., 20:-20, 20:-20]
    return found


def registered(picture: Array, image: str, frame: str) -> Array:
    """Return what plain NumPy makes of an image, with all of its planes.

    Args:
        picture: Its pixels.
        image: Its name.
        frame: Names of the images that the frame is shared by.
    """
    shared = np.all([moved(np.ones_like(picture), name) for name in frame], axis=0)
    return (moved(picture, image) * shared)[None]


@pytest.mark.parametrize(
    ("kind", "reference", "tables"),
    [
        ("projection", "stack", True),
        ("projection", "plane", False),
        ("no z axis", "stack", False),
        ("no z axis", "plane", True),
        ("one of them", "stack", True),
    ],
)
def test_a_plane_moves_beside_a_stack_that_keeps_its_planes(
    tmp_path: Path, kind: str, reference: str, tables: bool
) -> None:
    pictures = {name: stack_of(name) for name in "01"}
    flat = "1" if reference == "stack" else "0"
    of_one = pictures[flat]
    pictures[flat] = {
        "projection": of_one.max(axis=0, keepdims=True),
        "no z axis": of_one.max(axis=0),
        "one of them": of_one[3:4],
    }[kind]
    well = tmp_path / "p.zarr" / "A" / "01"
    make(well, pictures)
    if not tables:
        remove_tables(well)
    run_raw(RawRun(well))
    for name, picture in pictures.items():
        assert np.array_equal(pixels(well / name), registered(picture, name, "01")), name


@pytest.mark.parametrize("later", ["stack", "plane"])
def test_a_later_cycle_joins_with_all_of_its_planes(tmp_path: Path, later: str) -> None:
    pictures = {name: stack_of(name) for name in "012"}
    for name in "01" if later == "stack" else "2":
        pictures[name] = pictures[name].max(axis=0, keepdims=True)
    well = tmp_path / "p.zarr" / "A" / "01"
    make(well, pictures)
    kept = shutil.move(well / "2", tmp_path / "2")
    list_images(well, {"0": 0, "1": 1})
    run_raw(RawRun(well))
    shutil.move(kept, well / "2")
    list_images(well, {"0": 0, "1": 1, "2": 2})
    run_raw(RawRun(well))
    # What it does not show of the frame stays 0.
    assert np.array_equal(pixels(well / "2"), registered(pictures["2"], "2", "01"))


def test_single_planes_that_were_taken_at_different_heights_share_their_place(
    tmp_path: Path,
) -> None:
    pictures = {name: stack_of(name)[2:3] for name in "01"}
    well = tmp_path / "p.zarr" / "A" / "01"
    make(well, pictures)
    box = {"z": (7.5, 1.0), "y": (0.0, HEIGHT * PIXEL), "x": (0.0, WIDTH * PIXEL)}
    write_regions(well / "1", TABLE, {"FOV_1": box})
    run_raw(RawRun(well))
    for name, picture in pictures.items():
        assert np.array_equal(pixels(well / name), registered(picture, name, "01")), name
