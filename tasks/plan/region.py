"""Regions: named boxes, paired by name with the reference's, and digested."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen

_LENGTHS_AGREE = 1e-6
"""Micrometers: less is the noise of decimal text, not another size."""

_EDGES_AGREE = 1e-3
"""Micrometers (seconds for t): an edge that is no further out lies inside."""


class Region(Frozen):
    """A named box: a field of view, or the whole well."""

    name: str
    start: dict[str, float]
    """Per axis of z, y, x (micrometers) and t (seconds). An axis that is absent is whole."""
    length: dict[str, float]


def pair_regions(
    reference: tuple[Region, ...],
    acquisition: tuple[Region, ...],
    *,
    reference_image: Path,
    image: Path,
) -> tuple[tuple[tuple[Region, Region], ...], tuple[str, ...]]:
    """Pair the reference's regions with those of an image by name, whatever their order.

    Args:
        reference: Regions of the reference.
        acquisition: Regions of the image to be registered.
        reference_image: For messages.
        image: For messages.

    Returns:
        (reference, acquisition) pairs in the reference's order, and warnings: regions that only
        the image has, and regions whose lengths differ (the reference's is used).

    Raises:
        InvalidInputError: When the image lacks a region of the reference.
    """
    own = {region.name: region for region in acquisition}
    missing = [region.name for region in reference if region.name not in own]
    if missing:
        raise InvalidInputError(
            f"{image} lacks the regions {', '.join(missing)} that the reference {reference_image} "
            f"has; it has {', '.join(own)}. Give both tables the same names: add what was "
            "photographed here too, and take what was not out of the reference's table, so that "
            "no image keeps it. Registered tables get theirs when the consensus is found again"
        )
    pairs = tuple((region, own[region.name]) for region in reference)
    names = {region.name for region in reference}
    warnings = [
        f"region '{region.name}' is in {image} but not in the reference {reference_image}: "
        "its pixels are not carried over"
        for region in acquisition
        if region.name not in names
    ]
    warnings += [warning for pair in pairs if (warning := _length_warning(*pair))]
    return pairs, tuple(warnings)


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
