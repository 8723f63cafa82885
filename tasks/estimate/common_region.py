"""The part of a region that all acquisitions show, from where each one has it and how it moved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.plan.region import Region
from tasks.plan.window import Frozen

SPACE = ("z", "y", "x")


class Consensus(Frozen):
    """Where the shared part of one region lies in every image of a well."""

    region: str
    start: dict[str, dict[str, float]]
    """Per image name and axis, micrometers."""
    length: dict[str, float]
    """Per axis, micrometers; the same in all images."""
    share: float
    """Of the smallest image's region, by area or volume, that is left."""


def common_region(
    name: str, images: Mapping[Path, tuple[Region, tuple[float, float, float]]]
) -> Consensus:
    """Return what all images cover of a region, in the reference's coordinates.

    Args:
        name: Of the region.
        images: Per image, the region and its translation to the reference, micrometers (z, y, x).
    """
    length: dict[str, float] = {}
    start: dict[str, dict[str, float]] = {image.name: {} for image in images}
    share = 1.0
    for number, axis in enumerate(SPACE):
        boxes = [
            (region.start[axis], region.length[axis], by[number])
            for region, by in images.values()
            if axis in region.start
        ]
        if not boxes:
            continue
        first = max(at + by for at, _, by in boxes)
        last = min(at + size + by for at, size, by in boxes)
        length[axis] = last - first
        share *= max(0.0, last - first) / min(size for _, size, _ in boxes)
        for image, (_, by) in images.items():
            start[image.name][axis] = first - by[number]
    return Consensus(region=name, start=start, length=length, share=share)
