"""A raw plate of tiny images, so that what surrounds the pixels is all that a run costs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ngio import ImageInWellPath, create_empty_plate

from tests.estimate.wells import PIXEL, SIZE, STAIN, TABLE, make_well
from tests.plates import write_regions

COLUMNS = 12
_SHIFTS = ((0.0, 0.0), (9.0, -7.0), (-4.0, 3.0), (5.0, 6.0), (-8.0, -2.0))
"""Pixels along y and x from each acquisition to the first."""
_MARGIN = 10
"""Pixels along each edge that not all acquisitions show."""

ROI_TABLE, WAVELENGTH, REGISTERED = TABLE, STAIN, "registered"


def make_tiny_plate(path: Path, wells: int, images: int) -> Path:
    """Write a plate; its wells show the same. Shifts can be estimated, and are known.

    Args:
        path: Where it goes.
        wells: How many.
        images: Of each well, at most five.
    """
    model = make_well(
        path.with_name("model.zarr"),
        {n: [_SHIFTS[n]] for n in range(images)},
        labels=(("A01_C01",),) * 2,
    )
    for n, shift in enumerate(_SHIFTS[:images]):
        # What all acquisitions show, as a consensus would have it.
        box = {
            axis: ((_MARGIN - along) * PIXEL, (SIZE - 2 * _MARGIN) * PIXEL)
            for axis, along in zip("yx", shift, strict=True)
        }
        write_regions(model / str(n), REGISTERED, {"FOV_1": {**box, "z": (0.0, 1.0)}})
    names = [f"{chr(65 + n // COLUMNS)}/{n % COLUMNS + 1:02d}" for n in range(wells)]
    create_empty_plate(
        path,
        path.stem,
        images=[
            ImageInWellPath(row=name[0], column=name[2:], path=str(n), acquisition_id=n)
            for name in names
            for n in range(images)
        ],
        ngff_version="0.4",
    )
    for name in names:
        for n in range(images):
            shutil.copytree(model / str(n), path / name / str(n), dirs_exist_ok=True)
    shutil.rmtree(model.parents[1])
    return path
