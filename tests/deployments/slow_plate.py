"""A plate that keeps a run busy for long enough to stop it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numcodecs import LZMA

from tests.flows.conftest import TABLE
from tests.plates import make_plate, write_regions


def slow_plate(path: Path, wells: Sequence[str] = ("A/01",), planes: int = 320) -> Path:
    """Write a plate whose codec takes a minute for an image on one core."""
    side = 512
    make_plate(
        path,
        wells=wells,
        axes="zyx",
        shape=(planes, side, side),
        chunks=(1, side, side),
        levels=1,
        labels=(),
        compressors=LZMA(),
        pixels=np.broadcast_to(np.zeros(1, dtype="uint16"), (planes, side, side)),
    )
    noise = np.random.default_rng(1).integers(0, 4000, (side, side), dtype="uint16")
    chunk = LZMA().encode(noise)
    for well in wells:
        for name, start in (("0", 0.0), ("1", 1.0)):
            image = path / well / name
            for plane in range(planes):
                file = image / "0" / str(plane) / "0" / "0"
                file.parent.mkdir(parents=True)
                file.write_bytes(chunk)
            write_regions(image, TABLE, {"FOV_1": {"x": (start, 250.0)}})
    return path
