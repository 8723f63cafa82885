"""Raw plates of a size that people have, whose fields moved by shifts that are known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numcodecs import Blosc
from scipy import ndimage

from tests.benchmarks.scenes import LEVELS, PIXEL_SIZE
from tests.plates import Array, Box, make_image, make_plate, write_regions

ACQUISITIONS = (0, 1, 2)
FIELDS = (2, 2)
FIELD = (2160, 2560)
CHANNELS = 2
WAVELENGTH = "channel 0"
ROI_TABLE = "FOV_ROI_table"

_MARGIN = 96
_COLUMNS = 12
_MOVED = (23.0, -17.0)
"""Pixels along y and x by which each acquisition lies beyond the one before; each field a little
more."""


def shift_of(acquisition: int, field: int) -> tuple[int, int]:
    """Return pixels along y and x that lead from a field to the same in the reference."""
    y, x = (round(n * acquisition) for n in _MOVED)
    return y + acquisition * field, x - acquisition * field


def well_names(count: int) -> tuple[str, ...]:
    """Return the first wells of a plate with 96."""
    return tuple(f"{chr(65 + n // _COLUMNS)}/{n % _COLUMNS + 1:02d}" for n in range(count))


def write_raw_plate(path: Path, wells: int) -> Path:
    """Write a plate of round nuclei some 40 pixels wide, in blosc-lz4, ngio's default.

    All wells show the same, which no program uses: each is written once and copied.
    """
    shape = (CHANNELS, 1, *(n * m for n, m in zip(FIELDS, FIELD, strict=True)))
    names = well_names(wells)
    make_plate(
        path,
        wells=names,
        acquisitions=ACQUISITIONS,
        shape=shape,
        levels=1,
        pixel_size=PIXEL_SIZE,
        labels=(),
        pixels=np.broadcast_to(np.zeros(1, "uint16"), shape),
    )
    for acquisition in ACQUISITIONS:
        image = path / names[0] / str(acquisition)
        make_image(
            image,
            shape=shape,
            chunks=(1, 1, *FIELD),
            levels=LEVELS,
            pixel_size=PIXEL_SIZE,
            labels=(),
            pixels=_photographed(acquisition),
            compressors=Blosc("lz4", 5, Blosc.SHUFFLE),
        )
        write_regions(image, ROI_TABLE, _regions())
        for name in names[1:]:
            shutil.rmtree(path / name / str(acquisition))
            shutil.copytree(image, path / name / str(acquisition))
    return path


def _photographed(acquisition: int) -> Array:
    noise = np.random.default_rng(acquisition).normal(size=FIELD).astype(np.float32)
    height, width = FIELD
    pixels = np.empty((CHANNELS, 1, FIELDS[0] * height, FIELDS[1] * width), "uint16")
    for number, (row, column) in enumerate(np.ndindex(*FIELDS)):
        light = _light(number)
        y, x = (_MARGIN + n for n in shift_of(acquisition, number))
        seen = light[y : y + height, x : x + width]
        for channel in range(CHANNELS):
            # Every field has its own noise without another drawing of it.
            own = np.roll(noise, 37 * (number * CHANNELS + channel), axis=(0, 1))
            counts = np.clip(seen + own * np.sqrt(seen), 0, 65535).astype("uint16")
            pixels[
                channel,
                0,
                row * height : (row + 1) * height,
                column * width : (column + 1) * width,
            ] = counts
    return pixels


def _light(number: int) -> Array:
    random = np.random.default_rng([7, number])
    rows, columns = (n + 2 * _MARGIN for n in FIELD)
    light = np.zeros((rows, columns), np.float32)
    count = rows * columns // 6000
    light[random.integers(rows, size=count), random.integers(columns, size=count)] = 4e6
    return ndimage.gaussian_filter(light, 14) + np.float32(100)


def _regions() -> dict[str, Box]:
    height, width = (n * PIXEL_SIZE for n in FIELD)
    return {
        f"FOV_{number + 1}": {"y": (row * height, height), "x": (column * width, width)}
        for number, (row, column) in enumerate(np.ndindex(*FIELDS))
    }
