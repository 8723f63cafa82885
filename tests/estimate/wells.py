"""Small wells whose true shifts are known, written by ngio, from which all stages can start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ngio import Channel, ImageInWellPath, create_empty_plate, create_ome_zarr_from_array

from tests.estimate.samples import cells, field, moved, photograph, random
from tests.plate_tables import Backend
from tests.plates import NgffVersion, write_regions
from tests.templates import made_once

SIZE = 160
PIXEL = 0.5
"""Micrometers."""

TABLE = "FOV_ROI_table"
STAIN = "A01_C01"

Shift = tuple[float, float]


def make_well(
    plate: Path,
    shifts: Mapping[int, Sequence[Shift]],
    *,
    wells: Sequence[str] = ("A/01",),
    first: int = 0,
    empty: Sequence[tuple[int, int]] = (),
    backend: Backend = "csv",
    ngff_version: NgffVersion = "0.4",
    labels: Sequence[Sequence[str]] = (("A01_C01", "A02_C02"), ("A02_C02", "A01_C01", "A03_C03")),
) -> Path:
    """Write wells with a row of fields, moved by `shifts` (pixels y, x, from image to reference).

    Args:
        plate: Where the plate goes.
        shifts: Per acquisition, one shift per field.
        wells: Row and column of each well.
        first: Number of the first well's content; each has the next, and shows another place.
        empty: (acquisition, field) pairs that show nothing.
        backend: Of the ROI tables.
        ngff_version: 0.4 is zarr format 2, 0.5 is zarr format 3.
        labels: Wavelengths of the channels of the first and of every other acquisition; only the
            first wavelength shows the same in all.

    Returns:
        The first well.
    """
    _make_plate(
        plate,
        shifts,
        wells=wells,
        first=first,
        empty=empty,
        backend=backend,
        ngff_version=ngff_version,
        labels=labels,
    )
    return plate / wells[0]


@made_once
def _make_plate(
    plate: Path,
    shifts: Mapping[int, Sequence[Shift]],
    *,
    wells: Sequence[str],
    first: int,
    empty: Sequence[tuple[int, int]],
    backend: Backend,
    ngff_version: NgffVersion,
    labels: Sequence[Sequence[str]],
) -> Path:
    create_empty_plate(
        plate,
        plate.stem,
        images=[
            ImageInWellPath(row=w[0], column=w[2:], path=str(a), acquisition_id=a)
            for w in wells
            for a in shifts
        ],
        ngff_version=ngff_version,
    )
    for number, well in enumerate(wells, first):
        content = [cells(SIZE, random(number, 40, f), per_field=40) for f in range(len(shifts[0]))]
        for acquisition, by_field in shifts.items():
            rng = random(number, 41, acquisition)
            stained = np.concatenate(
                [
                    photograph(
                        np.zeros((SIZE, SIZE))
                        if (acquisition, f) in empty
                        else field(moved(content[f], [-n for n in shift]), SIZE),
                        rng,
                        signal=300,
                    )
                    for f, shift in enumerate(by_field)
                ],
                axis=1,
            )
            names = labels[min(acquisition, 1)]
            noise = rng.integers(90, 110, (len(names), *stained.shape)).astype(np.uint16)
            if STAIN in names:
                noise[names.index(STAIN)] = stained
            image = plate / well / str(acquisition)
            create_ome_zarr_from_array(
                image,
                noise[:, None],
                pixelsize=PIXEL,
                levels=2,
                channels_meta=[
                    Channel.default_init(f"label {name}", wavelength_id=name) for name in names
                ],
                axes_names=("c", "z", "y", "x"),
                ngff_version=ngff_version,
                consolidation_mode="numpy",
            )
            boxes: dict[str, Any] = {
                f"FOV_{f + 1}": {
                    "y": (0.0, SIZE * PIXEL),
                    "x": (f * SIZE * PIXEL, SIZE * PIXEL),
                    "z": (0.0, 1.0),
                }
                for f in range(len(by_field))
            }
            write_regions(image, TABLE, boxes, backend=backend)
    return plate
