"""The plates that are measured: microscope-like images, several fields wide, with one label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numcodecs import Blosc, Zstd

from tests.plates import (
    Array,
    Box,
    NgffVersion,
    add_feature_table,
    add_label,
    make_image,
    make_plate,
    write_regions,
)

TABLE = "registered"
Timed = Literal["call", "flow", "command"]
"""A call in a process that has loaded all; ours as a flow there, with Prefect's server running; or
both as commands, from the start of Python to its end."""
PIXEL_SIZE = 0.5
LEVELS = 5


@dataclass(frozen=True)
class Size:
    """Channels, planes and fields of an image; a field is one chunk."""

    channels: int
    planes: int
    fields: tuple[int, int]
    field: tuple[int, int]

    @property
    def plane(self) -> tuple[int, int]:
        """Rows and columns of a plane."""
        return self.fields[0] * self.field[0], self.fields[1] * self.field[1]

    @property
    def bytes(self) -> int:
        """Bytes of the finest level of the image."""
        return 2 * self.channels * self.planes * self.plane[0] * self.plane[1]


SMALL = Size(channels=2, planes=1, fields=(2, 2), field=(2160, 2560))
LARGE = Size(channels=3, planes=2, fields=(4, 4), field=(2160, 2560))
ONE_FIELD = Size(channels=1, planes=1, fields=(1, 1), field=(2160, 2560))


@dataclass(frozen=True)
class Scene:
    """One row of the table."""

    name: str
    regions: Literal["well", "fields"] = "well"
    codec: Literal["default", "zstd", "lz4"] = "default"
    ngff_version: NgffVersion = "0.4"
    sharded: bool = False
    times: int = 1
    """How many times as many planes as the size says."""
    acquisitions: int = 2
    registered: Literal["acquisition", "reference", "all"] = "acquisition"
    timed: Timed = "call"
    large_only: bool = False
    size: Size | None = None
    """Instead of the size that was asked for."""


_THROUGH_PREFECT: Mapping[str, Timed] = {
    "the flow": "flow",
    "the command": "command",
}

SCENES = (
    Scene("one field of 11 MB, zstd 0", size=ONE_FIELD),
    Scene("one well-sized region, zstd 0"),
    Scene("blosc-lz4", codec="lz4"),
    Scene("blosc-zstd", codec="zstd", large_only=True),
    Scene("field by field, blosc-lz4", regions="fields", codec="lz4"),
    Scene("field by field, blosc-zstd", regions="fields", codec="zstd", large_only=True),
    Scene("NGFF 0.5", ngff_version="0.5", large_only=True),
    Scene("NGFF 0.5, sharded", ngff_version="0.5", sharded=True),
    Scene("4 times the planes, blosc-lz4", times=4, codec="lz4", large_only=True),
    Scene("reference, nothing moves, blosc-lz4", registered="reference", codec="lz4"),
    Scene("reference, nothing moves, zstd 0", registered="reference", large_only=True),
    *(
        Scene(
            f"well of 5 by {how}, blosc-lz4",
            acquisitions=5,
            registered="all",
            codec="lz4",
            timed=timed,
            large_only=True,
        )
        for how, timed in _THROUGH_PREFECT.items()
    ),
    Scene("one field of 11 MB by the command", size=ONE_FIELD, timed="command", large_only=True),
)


def write_scene(scene: Scene, size: Size, path: Path) -> Path:
    """Write the plate of a scene and return its well.

    Of the reference only the images that are registered themselves hold pixels.
    """
    planes = size.planes * scene.times
    pixels = microscope_pixels((size.channels, planes, *size.plane))
    label = cell_labels((planes, *size.plane))
    well = (
        make_plate(
            path,
            acquisitions=range(1 if scene.registered == "reference" else scene.acquisitions),
            shape=(size.channels, planes, *size.plane),
            chunks=(1, 1, *size.field),
            levels=1,
            ngff_version=scene.ngff_version,
            pixel_size=PIXEL_SIZE,
            labels=(),
            pixels=np.broadcast_to(np.zeros(1, dtype="uint16"), pixels.shape),
        )
        / "A"
        / "01"
    )
    for name in _registered_images(scene):
        _write_image(well / name, scene, size, pixels, label)
    for number, image in enumerate(sorted(f for f in well.iterdir() if f.is_dir())):
        write_regions(image, TABLE, regions(scene, size, number))
        write_regions(image, "FOV_ROI_table", regions(scene, size, 0))
    return well


def jobs(scene: Scene, well: Path) -> list[dict[str, Any]]:
    """Return the arguments of each image of the scene, the reference last."""
    names = _registered_images(scene)
    return [
        {"zarr_url": str(well / name), "registered_roi_table": TABLE, "overwrite_input": True}
        for name in sorted(names, key=lambda name: name == "0")
    ]


def regions(scene: Scene, size: Size, acquisition: int) -> dict[str, Box]:
    """Return an acquisition's regions: each acquisition is some pixels off, every field its own."""
    rows, columns = size.plane
    margin = 64
    boxes: dict[str, Box] = {}
    if scene.regions == "well" or scene.registered == "reference":
        edge = 0 if scene.registered == "reference" else margin
        moved = 0 if scene.registered == "reference" else acquisition
        boxes["well"] = {
            "y": _micrometers(edge + 11 * moved, rows - 2 * edge),
            "x": _micrometers(edge - 7 * moved, columns - 2 * edge),
        }
        return boxes
    height, width = size.field
    for row in range(size.fields[0]):
        for column in range(size.fields[1]):
            down, right = (3 * row + 5) * acquisition, -(4 * column + 2) * acquisition
            boxes[f"FOV_{row}_{column}"] = {
                "y": _micrometers(row * height + margin + down, height - 2 * margin),
                "x": _micrometers(column * width + margin + right, width - 2 * margin),
            }
    return boxes


@lru_cache(maxsize=1)
def microscope_pixels(shape: tuple[int, ...]) -> Array:
    """Return a bright-spotted background with camera noise, that compresses about twofold."""
    random = np.random.default_rng(7)
    rows, columns = shape[-2:]
    y, x = np.linspace(0, 9, rows)[:, np.newaxis], np.linspace(0, 11, columns)
    background = 300 + 80 * np.sin(y) * np.cos(x)
    spots = 2000 * np.maximum(np.sin(25 * y) * np.sin(25 * x) - 0.7, 0)
    mean = (background + spots).astype("float32")
    plane = (mean + random.normal(size=mean.shape).astype("float32") * np.sqrt(mean)).astype(
        "uint16"
    )
    pixels = np.empty(shape, dtype="uint16")
    for number, index in enumerate(np.ndindex(*shape[:-2])):
        # Every plane has its own noise without another drawing of it.
        pixels[index] = np.roll(plane, 37 * number, axis=(0, 1))
    return pixels


@lru_cache(maxsize=1)
def cell_labels(shape: tuple[int, ...]) -> Array:
    """Return round cells, each with its number."""
    rows, columns = np.ogrid[: shape[-2], : shape[-1]]
    numbers = (rows // 60) * (shape[-1] // 60 + 1) + columns // 60 + 1
    inside = (rows % 60 - 30) ** 2 + (columns % 60 - 30) ** 2 < 24**2
    return np.broadcast_to((numbers * inside).astype("uint32"), shape)


def _registered_images(scene: Scene) -> list[str]:
    if scene.registered == "reference":
        return ["0"]
    if scene.registered == "all":
        return [str(number) for number in range(scene.acquisitions)]
    return ["1"]


def _write_image(image: Path, scene: Scene, size: Size, pixels: Array, label: Array) -> None:
    chunks = tuple(n // 4 for n in size.field) if scene.sharded else size.field
    options: Mapping[str, Any] = {
        "levels": LEVELS,
        "pixel_size": PIXEL_SIZE,
        "compressors": _compressors(scene),
    }
    make_image(
        image,
        shape=pixels.shape,
        chunks=(1, 1, *chunks),
        shards=(1, 1, *size.field) if scene.sharded else None,
        ngff_version=scene.ngff_version,
        labels=(),
        pixels=pixels,
        **options,
    )
    add_label(
        image,
        "cells",
        label,
        axes="zyx",
        chunks=(1, *chunks),
        shards=(1, *size.field) if scene.sharded else None,
        **options,
    )
    add_feature_table(image, "features", "cells", numbers=range(1, 2000))


def _compressors(scene: Scene) -> Any:
    if scene.codec == "default":
        # zarr's own default; ngio 1.1 takes blosc-lz4 for zarr 2, the plates there are mostly this.
        return Zstd(level=0) if scene.ngff_version == "0.4" else None
    return Blosc(cname=scene.codec, clevel=5, shuffle=Blosc.SHUFFLE)


def _micrometers(start: int, length: int) -> tuple[float, float]:
    return start * PIXEL_SIZE, length * PIXEL_SIZE
