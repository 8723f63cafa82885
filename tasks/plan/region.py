"""Regions: named boxes, paired by name with the reference's, and digested."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import NamedTuple

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen

_LENGTHS_AGREE = 1e-6
"""Micrometers: less is the noise of decimal text, not another size."""

IF_MISSING = (
    "If they were photographed, add them to its table. If not, allow_missing_regions registers it "
    "without them: they stay 0 in it, and the other images keep theirs"
)
"""What a person can do about an image that lacks some regions of its reference."""

SAME_NAMES = "Give the tables of all acquisitions the same names"
"""What a person can do about an image that has no region of its reference."""

_EDGES_AGREE = 1e-3
"""Micrometers (seconds for t): an edge that is no further out lies inside."""


class Region(Frozen):
    """A named box: a field of view, or the whole well."""

    name: str
    start: dict[str, float]
    """Per axis of z, y, x (micrometers) and t (seconds). An axis that is absent is whole."""
    length: dict[str, float]


class Pairs(NamedTuple):
    """Regions of a reference with those of an image, and what a person should know."""

    pairs: tuple[tuple[Region, Region], ...]
    """The reference's and the image's, in the reference's order."""
    warnings: tuple[str, ...]
    """Regions that only the image has, and regions whose lengths differ (the reference's is used).
    """
    missing: tuple[str, ...]
    """What the image lacks, in a sentence; empty where it lacks nothing."""


def pair_regions(
    reference: tuple[Region, ...],
    acquisition: tuple[Region, ...],
    *,
    reference_image: Path,
    image: Path,
    allow_missing: bool = False,
) -> Pairs:
    """Pair the reference's regions with those of an image by name, whatever their order.

    Args:
        reference: Regions of the reference.
        acquisition: Regions of the image to be registered.
        reference_image: For messages.
        image: For messages.
        allow_missing: Whether the image may lack some, though not all.

    Raises:
        InvalidInputError: When the image lacks a region of the reference.
    """
    own = {region.name: region for region in acquisition}
    pairs = tuple((region, own[region.name]) for region in reference if region.name in own)
    missing = [region.name for region in reference if region.name not in own]
    lacks = (
        f"{image} lacks the regions {', '.join(missing)} that the reference {reference_image} has"
    )
    if missing and not (allow_missing and pairs):
        raise InvalidInputError(
            f"{lacks}; it has {', '.join(own)}. " + (IF_MISSING if pairs else SAME_NAMES)
        )
    names = {region.name for region in reference}
    warnings = [
        f"region '{region.name}' is in {image} but not in the reference {reference_image}: "
        "its pixels are not carried over"
        for region in acquisition
        if region.name not in names
    ]
    warnings += [warning for pair in pairs if (warning := _length_warning(*pair))]
    told = (f"{lacks}: they stay 0 in what is registered of it",) if missing else ()
    return Pairs(pairs, tuple(warnings), told)


def digest_regions(regions: tuple[Region, ...]) -> str:
    """Return the SHA-256 of regions in their order: names and coordinates, as canonical JSON."""
    # Adding 0.0 makes -0.0 and 0.0 one number, as they are one place.
    canonical = [
        {
            "name": region.name,
            "start": {axis: value + 0.0 for axis, value in region.start.items()},
            "length": {axis: value + 0.0 for axis, value in region.length.items()},
        }
        for region in regions
    ]
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def outside(regions: tuple[Region, ...], frame: tuple[Region, ...]) -> dict[str, str]:
    """Return which regions do not lie within the frame's region of the same name, and by how much.

    Args:
        regions: What is asked for.
        frame: What there is.

    Returns:
        Per region's name what reaches out, such as `2 x, 0.5 y micrometers`; empty if nothing does.
    """
    there = {region.name: region for region in frame}
    found = {}
    for region in regions:
        if region.name not in there:
            found[region.name] = "the whole of it"
        elif over := _reach(region, there[region.name]):
            found[region.name] = over
    return found


def _reach(inner: Region, outer: Region) -> str:
    parts = []
    for axis, start in outer.start.items():
        if axis not in inner.start:
            parts.append(f"the whole {axis} axis")
            continue
        before = start - inner.start[axis]
        behind = inner.start[axis] + inner.length[axis] - start - outer.length[axis]
        if max(before, behind) > _EDGES_AGREE:
            unit = "seconds" if axis == "t" else "micrometers"
            parts.append(f"{max(before, 0.0) + max(behind, 0.0):.4g} {unit} along {axis}")
    return ", ".join(parts)


def _length_warning(reference: Region, own: Region) -> str | None:
    differing = [
        axis
        for axis in sorted(reference.length.keys() | own.length.keys())
        if not _same_length(reference.length.get(axis), own.length.get(axis))
    ]
    if not differing:
        return None
    ours = {axis: own.length.get(axis, "whole") for axis in differing}
    theirs = {axis: reference.length.get(axis, "whole") for axis in differing}
    return (
        f"region '{own.name}' has the lengths {ours} here but {theirs} in the reference "
        "(micrometers, seconds for t); the reference's are used"
    )


def _same_length(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=_LENGTHS_AGREE)
