"""A wrong channel or level is refused once for the plate; a well that lacks it tells it alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.estimate.known_channel import require_channel
from tasks.estimate.options import EstimateOptions
from tasks.plan.errors import InvalidInputError
from tests.estimate.wells import STAIN, make_well

WELLS = ("A/01", "A/02")
SHIFTS = {0: [(0.0, 0.0)], 1: [(3.0, 2.0)]}


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_well(tmp_path_factory.mktemp("plates") / "p.zarr", SHIFTS, wells=WELLS).parents[1]


def options(channel: str = STAIN, *, level: str = "0", reference: int = 0) -> EstimateOptions:
    return EstimateOptions(channel, level_path=level, reference_acquisition=reference)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (options("A09_C09"), "A09_C09.*A01_C01"),
        (options(level="7"), "no pyramid level '7'"),
    ],
)
def test_what_no_well_has_is_refused_with_what_there_is(
    plate: Path, asked: EstimateOptions, told: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"{told}.*all 2 wells"):
        require_channel(plate, WELLS, asked)
    # Of one well nothing is said of others.
    with pytest.raises(InvalidInputError, match=told) as refused:
        require_channel(plate, WELLS[:1], asked)
    assert "wells" not in str(refused.value)


def test_one_well_that_has_it_is_enough(plate: Path, tmp_path: Path) -> None:
    require_channel(plate, WELLS, options())
    damaged = shutil.copytree(plate, tmp_path / "p.zarr")
    (damaged / "A/01/0/.zattrs").write_text("{}")
    require_channel(damaged, WELLS, options())


def test_a_plate_without_any_reference_is_told_by_its_wells(plate: Path) -> None:
    require_channel(plate, WELLS, options(reference=5))
