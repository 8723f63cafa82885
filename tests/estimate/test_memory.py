"""What an estimate takes is known beforehand: measured, and worked out by hand."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.estimate.image import estimate_image
from tasks.estimate.memory import BYTES_PER_WORKING_PIXEL, bytes_to_read, peak_memory_bytes
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import open_paired
from tests.estimate.wells import SIZE, STAIN, make_well

FIELDS = 3
OPTIONS = EstimateOptions(wavelength_id=STAIN, level_path="0", on_low_confidence="zero")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    # At shift 0 other fields are read too, to tell a pattern from a sample.
    return make_well(tmp_path / "p.zarr", {0: [(0, 0)] * FIELDS, 1: [(0, 0)] * FIELDS}) / "1"


def test_the_peak_stays_below_the_bound(image: Path) -> None:
    workers = 2
    estimate_image(image, OPTIONS, workers=workers)
    bound = peak_memory_bytes(open_paired(image, OPTIONS), workers)
    tracemalloc.start()
    estimate_image(image, OPTIONS, workers=workers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert bound / 20 < peak < bound


def test_the_bound_grows_with_workers_until_each_region_has_one(image: Path) -> None:
    paired = open_paired(image, OPTIONS)
    one = peak_memory_bytes(paired, 1)
    region = SIZE * SIZE
    # Of each region of the reference twice four bytes, and one that says whether a pixel counts.
    kept = 9 * FIELDS * region
    # Three pairs of uint16 regions, the working pixels, ten chunks: here of a whole plane.
    working = 3 * 2 * 2 * region + BYTES_PER_WORKING_PIXEL * region + 10 * 2 * FIELDS * region
    assert one == working + kept
    assert [peak_memory_bytes(paired, n) for n in (2, 3, 8)] == [
        n * working + kept for n in (2, 3, 3)
    ]


def test_bytes_to_read_are_the_regions_of_one_channel_of_both_images(image: Path) -> None:
    assert bytes_to_read(open_paired(image, OPTIONS)) == 2 * FIELDS * SIZE * SIZE * 2
    coarse = replace(OPTIONS, level_path="1")
    assert bytes_to_read(open_paired(image, coarse)) == 2 * FIELDS * SIZE * SIZE * 2 / 4
