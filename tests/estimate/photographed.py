"""Small plates photographed twice or more, frame by frame, with what each field shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from ngio import Channel, ImageInWellPath, create_empty_plate, create_ome_zarr_from_array
from numpy.typing import NDArray

from tests.estimate.samples import cells, field, moved, photograph, random
from tests.plates import write_regions
from tests.templates import made_once

SIZE = 128
PIXEL = 0.5
"""Micrometers."""

TABLE = "FOV_ROI_table"
STAIN = "A01_C01"

Frame = NDArray[np.generic]


def photographs(
    *seed: int,
    shifts: Sequence[tuple[float, float]],
    signal: Sequence[float],
    per_field: float = 40,
    radius: float = 8.0,
) -> list[Frame]:
    """Return one field in several acquisitions, moved by pixels y, x, each as bright as is said."""
    rng = random(*seed)
    content = cells(SIZE, rng, per_field=per_field, radius=radius)
    return [
        photograph(field(moved(content, [-n for n in by]), SIZE), rng, signal=light)
        for by, light in zip(shifts, signal, strict=True)
    ]


def nothing(*seed: int, acquisitions: int = 2) -> list[Frame]:
    """Return a field with nothing in it."""
    rng = random(*seed)
    return [photograph(np.zeros((SIZE, SIZE)), rng, signal=1) for _ in range(acquisitions)]


@made_once
def make_plate(plate: Path, wells: Mapping[str, Sequence[Sequence[Frame]]]) -> Path:
    """Write a plate.

    Args:
        plate: Where it goes.
        wells: Per well, such as `A/01`, its fields in a row; each in all acquisitions.

    Returns:
        The plate.
    """
    create_empty_plate(
        plate,
        plate.stem,
        images=[
            ImageInWellPath(row=w[0], column=w[2:], path=str(a), acquisition_id=a)
            for w, fields in wells.items()
            for a in range(len(fields[0]))
        ],
        ngff_version="0.4",
    )
    for well, fields in wells.items():
        for acquisition in range(len(fields[0])):
            image = plate / well / str(acquisition)
            pixels = np.concatenate([each[acquisition] for each in fields], axis=1)
            create_ome_zarr_from_array(
                image,
                pixels[None, None],
                pixelsize=PIXEL,
                levels=1,
                channels_meta=[Channel.default_init(STAIN, wavelength_id=STAIN)],
                axes_names=("c", "z", "y", "x"),
                ngff_version="0.4",
            )
            side = SIZE * PIXEL
            boxes = {
                f"FOV_{n + 1}": {"y": (0.0, side), "x": (n * side, side), "z": (0.0, 1.0)}
                for n in range(len(fields))
            }
            write_regions(image, TABLE, boxes, backend="csv")
    return plate
