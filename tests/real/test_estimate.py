"""Real plates, estimated: right, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tasks.estimate.candidate import Limits
from tasks.estimate.image import estimate_image
from tasks.estimate.level import open_level
from tasks.estimate.match import match_region
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import UncertainShiftError
from tasks.plan.window import Window
from tests.real.known_shift import channel
from tests.real.shared_data import copy_of

ORGANOID_PIXEL = 0.65
IBEX_PIXELS = np.array([1.0, 0.284, 0.284])


def found(well: Path, wavelength: str, level: str) -> np.ndarray:
    options = EstimateOptions(wavelength_id=wavelength, level_path=level, on_low_confidence="fail")
    (region,) = estimate_image(well / "1", options).regions
    return np.array(region.translation)


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_organoids_are_found_at_every_level(tmp_path: Path, level: str) -> None:
    well = copy_of("organoid.zarr", tmp_path) / "C/02"
    shift = found(well, "A04_C01", level) / ORGANOID_PIXEL
    assert np.max(np.abs(shift[1:] - (29.2, -70.0))) < 2


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_the_other_stain_of_the_organoids_is_right_or_refused(tmp_path: Path, level: str) -> None:
    well = copy_of("organoid.zarr", tmp_path) / "C/02"
    try:
        shift = found(well, "A01_C04", level) / ORGANOID_PIXEL
    except UncertainShiftError:
        return
    assert np.max(np.abs(shift[1:] - (29.2, -70.0))) < 2


@pytest.mark.parametrize("level", ["0", "1"])
def test_two_markers_of_a_spleen_tell_the_same_shift(tmp_path: Path, level: str) -> None:
    well = copy_of("ibex.zarr", tmp_path) / "A/01"
    nuclei, cells = (found(well, name, level) / IBEX_PIXELS for name in ("JOJO", "CD4_AF594"))
    assert np.max(np.abs(nuclei - cells)) < 0.3
    assert np.max(np.abs(nuclei[1:] - (-15.0, -14.8))) < 0.5
    for shift, verified in ((nuclei, "CD4_AF594"), (cells, "JOJO")):
        z, y, x = (int(n) for n in np.rint(-shift))
        reference = channel(well / "0", verified)
        moving = channel(well / "1", verified)[z:, y:, x:]
        shared = tuple(map(slice, np.minimum(reference.shape, moving.shape)))
        pixels = reference[shared].ravel(), moving[shared].ravel()
        assert np.corrcoef(*pixels)[0, 1] >= 0.88


@pytest.mark.parametrize("level", ["0", "1"])
def test_a_stain_that_shows_something_else_is_refused(tmp_path: Path, level: str) -> None:
    well = copy_of("ibex.zarr", tmp_path) / "A/01"
    metadata = well / "1" / ".zattrs"
    # The second cycle's CD169 is taken for the nuclear stain of the first.
    text = metadata.read_text().replace('"JOJO"', '"none"').replace('"CD169"', '"JOJO"')
    metadata.write_text(text)
    with pytest.raises(UncertainShiftError):
        found(well, "JOJO", level)


@pytest.mark.parametrize(
    ("wavelength", "level", "side"), [("A04_C01", "1", 128), ("A01_C04", "2", 64)]
)
def test_the_emptiest_parts_of_the_organoid_well_are_refused_or_right(
    tmp_path: Path, wavelength: str, level: str, side: int
) -> None:
    # Each image is one field, cut elsewhere: its edges and the camera's pattern lie (-24, 86)
    # pixels apart, and in the emptiest parts nothing else is to be seen.
    well = copy_of("organoid.zarr", tmp_path) / "C/02"
    one, two = (
        open_level(well / name, wavelength=wavelength, level=level).read(
            Window(start=(0, 0, 0), stop=(1, 624 >> int(level), 948 >> int(level)))
        )
        for name in "01"
    )
    random = np.random.default_rng(3)
    corners = random.integers(0, np.array(one.shape[1:]) - side, (60, 2))
    parts = [(slice(None), slice(y, y + side), slice(x, x + side)) for y, x in corners]
    parts.sort(key=lambda part: float(one[part].std() + two[part].std()))
    for part in parts[:8]:
        match = match_region(one[part], two[part], Limits())
        off = np.subtract(match.shift[1:], np.array((29.2, -70.0)) / 2 ** int(level))
        assert not match.confident or np.max(np.abs(off)) < 2, match
