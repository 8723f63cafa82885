"""Lengths and times of all spellings are the same micrometers and seconds."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest
from ngio.ome_zarr_meta.ngio_specs import SpaceUnits, TimeUnits

from tasks.survey.units import converted, in_micrometers, in_seconds


@pytest.mark.parametrize(
    ("unit", "micrometers"),
    [
        ("micrometer", 1),
        ("Micrometers", 1),
        ("micrometre", 1),
        ("micron", 1),  # ImageJ's
        ("microns", 1),
        ("um", 1),
        ("\N{MICRO SIGN}m", 1),
        ("\N{GREEK SMALL LETTER MU}m", 1),
        (" nanometer ", Fraction(1, 1000)),
        ("nm", Fraction(1, 1000)),
        ("angstrom", Fraction(1, 10_000)),
        ("\N{ANGSTROM SIGN}", Fraction(1, 10_000)),
        ("\N{LATIN CAPITAL LETTER A WITH RING ABOVE}", Fraction(1, 10_000)),
        ("mm", 1000),
        ("millimeter", 1000),
        ("m", 1_000_000),
        ("meters", 1_000_000),
        ("inch", 25_400),
        ("foot", 304_800),
        ("yard", 914_400),
        ("pixel", None),
        ("px", None),
        ("second", None),
        ("", None),
        ("s", None),
    ],
)
def test_lengths(unit: str, micrometers: Fraction | int | None) -> None:
    assert in_micrometers(unit) == micrometers


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("second", 1),
        ("s", 1),
        ("millisecond", Fraction(1, 1000)),
        ("ms", Fraction(1, 1000)),
        ("minute", 60),
        ("hours", 3600),
        ("micrometer", None),
    ],
)
def test_times(unit: str, seconds: Fraction | int | None) -> None:
    assert in_seconds(unit) == seconds


def test_every_unit_of_the_specification_is_known() -> None:
    assert [unit for unit in get_args(SpaceUnits) if in_micrometers(unit) is None] == []
    assert [unit for unit in get_args(TimeUnits) if in_seconds(unit) is None] == []


@pytest.mark.parametrize("size", [0.1, 0.1625, 0.325, 0.65, 6.5, 1 / 3])
def test_a_size_is_rounded_once(size: float) -> None:
    assert converted(size, Fraction(1)) == size
    for thousandfold in (325.0, 162.5, 107.3, 650.0):
        assert converted(thousandfold, Fraction(1, 1000)) == thousandfold / 1000
