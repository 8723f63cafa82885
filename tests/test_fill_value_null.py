"""Without a fill value (null) a chunk that is not there is undefined: every one is written."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import numpy.typing as npt
import pytest
import zarr

from tests.foreign import placed
from tests.plates import make_plate, read_levels, replace_level, write_levels, write_regions
from tests.registration import register

# Half a micrometer a pixel: of 128 x 192 pixels, whole chunks around the region have none.
REGION = {"FOV_1": {"y": (16.0, 20.0), "x": (16.0, 30.0)}}
MOVED = {"FOV_1": {"y": (19.0, 20.0), "x": (11.5, 30.0)}}
TAKEN = (slice(38, 78), slice(23, 83))
PUT = (slice(32, 72), slice(32, 92))


def read_by_the_specification(array: Path) -> npt.NDArray[Any]:
    """Read a zarr 2 array as one that does not know what an absent chunk holds: as garbage."""
    described = json.loads((array / ".zarray").read_text())
    shape, chunks = described["shape"], described["chunks"]
    codecs = [*(described["filters"] or []), *filter(None, [described["compressor"]])]
    pixels = np.full(shape, 201, dtype=described["dtype"])
    counts = [math.ceil(n / m) for n, m in zip(shape, chunks, strict=True)]
    for index in itertools.product(*map(range, counts)):
        file = array / described.get("dimension_separator", ".").join(map(str, index))
        if not file.exists():
            continue
        content: Any = file.read_bytes()
        for codec in reversed(codecs):
            content = numcodecs.get_codec(codec).decode(content)
        chunk = np.frombuffer(content, dtype=described["dtype"]).reshape(chunks)
        start = [n * m for n, m in zip(index, chunks, strict=True)]
        stop = [min(a + m, n) for a, m, n in zip(start, chunks, shape, strict=True)]
        into = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        pixels[into] = chunk[tuple(slice(b - a) for a, b in zip(start, stop, strict=True))]
    return pixels


def without_fill_value(multiscale: Path) -> None:
    for file in multiscale.glob("*/.zarray"):
        file.write_text(json.dumps({**json.loads(file.read_text()), "fill_value": None}))


@pytest.mark.parametrize("separator", ["/", "."])
@pytest.mark.parametrize("stored", ["plain", "with a filter"])
@pytest.mark.parametrize("overwrite", [True, False], ids=["in place", "beside"])
def test_a_reader_by_the_specification_sees_zeros(
    tmp_path: Path, separator: str, stored: str, overwrite: bool
) -> None:
    plate = make_plate(
        tmp_path / "plate.zarr",
        axes="cyx",
        shape=(2, 128, 192),
        chunks=(1, 32, 32),
        levels=2,
        separator=separator,  # type: ignore[arg-type]
    )
    well = plate / "A/01"
    image = well / "1"
    if stored == "with a filter":
        pixels = read_levels(image)[0]
        for level in (0, 1):
            replace_level(image, level, filters=[numcodecs.Delta(dtype="<u2")])
        write_levels(image, pixels)
    without_fill_value(image)
    without_fill_value(image / "labels/nuclei")
    write_regions(well / "0", "registered", REGION)
    write_regions(well / "1", "registered", MOVED)
    before = read_levels(image)[0], read_levels(image / "labels/nuclei")[0]
    result = register(image, overwrite_input=overwrite).output_path
    for source, multiscale in zip(before, (result, result / "labels/nuclei"), strict=True):
        found = [read_by_the_specification(multiscale / name) for name in ("0", "1")]
        np.testing.assert_array_equal(found[0], placed(source, TAKEN, PUT))
        np.testing.assert_array_equal(found[1], zarr.open_array(multiscale / "1", mode="r")[...])
