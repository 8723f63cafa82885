"""Units of NGFF axes in micrometers and seconds, also as writers abbreviate and misspell them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

_PREFIXES = {
    "yocto": -24,
    "zepto": -21,
    "atto": -18,
    "femto": -15,
    "pico": -12,
    "nano": -9,
    "micro": -6,
    "milli": -3,
    "centi": -2,
    "deci": -1,
    "": 0,
    "hecto": 2,
    "kilo": 3,
    "mega": 6,
    "giga": 9,
    "tera": 12,
    "peta": 15,
    "exa": 18,
    "zetta": 21,
    "yotta": 24,
}
"""Powers of ten (NGFF takes its units from UDUNITS-2)."""

_MICROMETERS_A_METER = 10**6
_INCH = Fraction(254, 10_000)
"""Meters."""

_LENGTHS = {
    **{f"{prefix}meter": Fraction(10) ** power for prefix, power in _PREFIXES.items()},
    "angstrom": Fraction(1, 10**10),
    "inch": _INCH,
    "foot": 12 * _INCH,
    "yard": 36 * _INCH,
    "mile": 63_360 * _INCH,
    # IAU 2015 resolution B2: 648000 / pi astronomical units.
    "parsec": Fraction(30_856_775_814_913_673),
    "micron": Fraction(1, 10**6),
}
"""Meters."""

_TIMES = {
    **{f"{prefix}second": Fraction(10) ** power for prefix, power in _PREFIXES.items()},
    "minute": Fraction(60),
    "hour": Fraction(3600),
    "day": Fraction(86_400),
}
"""Seconds."""

_SYMBOLS = {
    "pm": "picometer",
    "nm": "nanometer",
    "um": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "å": "angstrom",
    "in": "inch",
    "inches": "inch",
    "feet": "foot",
    "ns": "nanosecond",
    "us": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
}
"""As converters take them over from OME-XML and ImageJ; no unit of a microscope is a capital."""


def in_micrometers(unit: str) -> Fraction | None:
    """Return how many micrometers a unit of length is; None if it is none."""
    meters = _LENGTHS.get(_spelled_out(unit, _LENGTHS))
    return None if meters is None else meters * _MICROMETERS_A_METER


def in_seconds(unit: str) -> Fraction | None:
    """Return how many seconds a unit of time is; None if it is none."""
    return _TIMES.get(_spelled_out(unit, _TIMES))


def converted(size: float, factor: Fraction) -> float:
    """Return a size in another unit, rounded once: 325 nanometers are 0.325 micrometers."""
    return float(Fraction(size) * factor)


def _spelled_out(unit: str, known: Mapping[str, Fraction]) -> str:
    text = unit.strip()
    # The micro sign and the Greek letter look alike, and so do the two that stand for angstrom.
    text = text.casefold().replace("\N{GREEK SMALL LETTER MU}", "u")
    word = _SYMBOLS.get(text, text).replace("metre", "meter")
    return word if word in known else word.removesuffix("s")
