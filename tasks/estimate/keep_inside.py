"""Keep a consensus inside every field when it becomes whole pixels, which rounds it outward."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tasks.estimate.common_region import Consensus
from tasks.plan.region import Region
from tasks.plan.rounding import outward, rounded
from tasks.survey.level_array import open_level_array
from tasks.survey.multiscale import read_multiscale


class Side(NamedTuple):
    """Where an image, or a field in it, lies along one axis of the image's finest level."""

    first: int
    last: int
    """Pixels; the last is the one behind."""
    size: float
    """Of a pixel, micrometers."""


Grid = dict[str, Side]
"""Per axis of an image."""

_NOISE = 1e-6
"""Pixels: more than numbers in micrometers lose, less than anything that was estimated."""


def read_grid(image: Path) -> Grid:
    """Return the grid of an image's finest level.

    Raises:
        InvalidInputError: Its metadata or that level cannot be read.
    """
    scales = read_multiscale(image)
    shape = open_level_array(image, scales.levels[0]).shape
    return {
        axis: Side(0, pixels, size)
        for axis, pixels, size in zip(scales.axes, shape, scales.pixel_sizes[0], strict=True)
    }


def of_field(grid: Grid, field: Region) -> Grid:
    """Return the part of an image's grid that a field covers: its pixels, and no neighbour's.

    Args:
        grid: Of the image.
        field: One of its regions, micrometers; an axis that it does not name is whole.
    """
    sides = {}
    for axis, side in grid.items():
        sides[axis] = side
        if axis in field.start:
            first, last = outward(field.start[axis], field.length[axis], side.size)
            sides[axis] = Side(max(first, side.first), min(last, side.last), side.size)
    return sides


def keep_inside(consensus: Consensus, reference: str, grids: Mapping[str, Grid]) -> Consensus:
    """Return a consensus that loses a pixel at a side where rounding would leave a field.

    A fraction of a pixel at a border is covered by all images, the whole pixel around it may not
    be: it may be of the field beside. The result then begins and ends with a whole pixel of the
    reference. One that leaves a field by more is left as it is: no rounding did that.

    Args:
        consensus: Of one region.
        reference: Name of the reference image.
        grids: Of the region's field in every image, by the image's name.
    """
    starts = {name: dict(start) for name, start in consensus.start.items()}
    length = dict(consensus.length)
    for axis, extent in consensus.length.items():
        if axis not in grids[reference] or not grids[reference][axis].size:
            continue
        size = grids[reference][axis].size
        at = consensus.start[reference][axis]
        first, last = outward(at, extent, size)
        before = after = 0
        for name, start in consensus.start.items():
            moved = (start[axis] - at) / size
            # Of a half either whole pixel may come, by the noise of what is reckoned later.
            least, most = rounded(moved - _NOISE), rounded(moved + _NOISE)
            # An image without the axis has nothing that it could leave along it.
            if axis in grids[name]:
                before = max(before, grids[name][axis].first - (first + least))
                after = max(after, last + most - grids[name][axis].last)
        if max(before, after) != 1:
            continue
        inside = ((first + before) * size, (last - after) * size)
        begin = inside[0] if before else at
        # A fraction where it begins and its length add up to a whole pixel but for noise.
        end = inside[1] - _NOISE * size if after else at + extent
        for start in starts.values():
            start[axis] += begin - at
        length[axis] = end - begin
    return consensus.model_copy(update={"start": starts, "length": length})
