"""Pixel sizes in micrometers, from the transformations and units of NGFF metadata."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.plan.rounding import SPACE
from tasks.plan.window import Frozen
from tasks.storage.attributes import Attributes
from tasks.survey.units import converted, in_micrometers, in_seconds


class Axis(Frozen):
    """An axis of an image, as its metadata describes it."""

    name: str
    """One of t, c, z, y, x."""
    unit: str | None


@dataclass
class Doubt:
    """What is assumed while sizes are read."""

    unscaled: bool = False
    timeless: bool = False
    unknown_units: dict[str, str] = field(default_factory=dict)
    """Per axis of space or time, the unit that is none."""
    without_unit: set[str] = field(default_factory=set)

    @property
    def of_space(self) -> bool:
        """Whether it is about the size of a pixel along z, y or x."""
        return (
            self.unscaled or bool(self.without_unit) or any(a in SPACE for a in self.unknown_units)
        )

    def told(self, node: Path) -> tuple[str, ...]:
        """Return a sentence for each thing that was assumed."""
        found = []
        if self.unscaled:
            found.append(
                f"{node}: its metadata gives no pixel size: a pixel is taken as 1 micrometer"
            )
        elif self.without_unit:
            found.append(
                f"{node}: its pixel sizes along {', '.join(sorted(self.without_unit))} have no "
                "unit: they are taken as micrometers"
            )
        if self.timeless:
            found.append(f"{node}: its metadata gives no time step: it is taken as 1 second")
        if self.unknown_units:
            units = ", ".join(f"'{unit}' ({axis})" for axis, unit in self.unknown_units.items())
            found.append(
                f"{node}: the unit {units} is none that NGFF knows: sizes are taken as "
                "micrometers (seconds for t)"
            )
        return tuple(found)


def pixel_sizes(
    node: Path, axes: tuple[Axis, ...], transformations: list[JsonValue], doubt: Doubt
) -> tuple[float, ...]:
    """Return the size of a pixel per axis: micrometers, seconds for t, 1 for c.

    Translations are not part of a size: positions in tables count from the image's first pixel.

    Args:
        node: The image or label, for messages.
        axes: Its axes in the arrays' order.
        transformations: Lists of transformations, applied one after the other; None for no list.
        doubt: Gathers what is assumed.

    Raises:
        InvalidInputError: A transformation is more than a scale and a translation, or a size is no
            positive number.
    """
    given = [list_ for list_ in transformations if isinstance(list_, list) and list_]
    if not given:
        doubt.unscaled = True
    sizes = [1.0] * len(axes)
    for each in given:
        sizes = _scaled(node, sizes, each)
    return tuple(
        _in_standard_unit(node, axis, size, doubt) for axis, size in zip(axes, sizes, strict=True)
    )


def _scaled(node: Path, sizes: list[float], transformations: list[JsonValue]) -> list[float]:
    for transformation in transformations:
        if not isinstance(transformation, dict):
            raise _not_plain(node, transformation)
        kind = transformation.get("type")
        if kind == "sequence":
            inner = transformation.get("transformations")
            sizes = _scaled(node, sizes, inner if isinstance(inner, list) else [None])
        elif kind == "scale":
            factors = _factors(node, transformation, len(sizes))
            sizes = [size * factor for size, factor in zip(sizes, factors, strict=True)]
        elif kind not in ("identity", "translation"):
            raise _not_plain(node, kind)
    return sizes


def _factors(node: Path, transformation: Attributes, axes: int) -> list[float]:
    factors = transformation.get("scale")
    if not isinstance(factors, list) or len(factors) != axes:
        raise InvalidInputError(
            f"{node}: its metadata scales by {factors}, but it has {axes} axes; correct the "
            "coordinateTransformations, or convert the image again"
        )
    return [float(f) if isinstance(f, int | float) else math.nan for f in factors]


def _in_standard_unit(node: Path, axis: Axis, size: float, doubt: Doubt) -> float:
    if axis.name == "c":
        return 1.0
    if not math.isfinite(size) or size <= 0:
        if axis.name == "t":
            doubt.timeless = True
            return 1.0
        raise InvalidInputError(
            f"{node}: its metadata gives a pixel the size {size:g} along {axis.name}; it must be a "
            "positive number. Correct the scale in its coordinateTransformations"
        )
    unit = (axis.unit or "").strip()
    if not unit:
        if axis.name in SPACE:
            doubt.without_unit.add(axis.name)
        return size
    factor: Fraction | None = in_micrometers(unit) if axis.name in SPACE else in_seconds(unit)
    if factor is None:
        doubt.unknown_units[axis.name] = unit
        return size
    return converted(size, factor)


def _not_plain(node: Path, kind: JsonValue) -> InvalidInputError:
    return InvalidInputError(
        f"{node}: its metadata places the pixels by the transformation {kind!r}, but only scale, "
        "translation and identity can be followed; resample the image onto a plain grid"
    )
