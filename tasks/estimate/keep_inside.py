"""Keep a consensus inside every image when it becomes whole pixels, which rounds it outward."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.estimate.common_region import Consensus
from tasks.plan.rounding import outward, rounded
from tasks.survey.level_array import open_level_array
from tasks.survey.multiscale import read_multiscale

Grid = dict[str, tuple[int, float]]
"""Per axis, the pixels of an image's finest level and the size of one in micrometers."""

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
        axis: (pixels, size)
        for axis, pixels, size in zip(scales.axes, shape, scales.pixel_sizes[0], strict=True)
    }


def keep_inside(consensus: Consensus, reference: str, grids: Mapping[str, Grid]) -> Consensus:
    """Return a consensus that loses a pixel at a side where rounding would leave an image.

    A fraction of a pixel at a border is covered by all images, the whole pixel around it may not
    be. The result then begins and ends with a whole pixel of the reference. One that leaves an
    image by more is left as it is: no rounding did that.

    Args:
        consensus: Of one region.
        reference: Name of the reference image.
        grids: Of every image, by name.
    """
    starts = {name: dict(start) for name, start in consensus.start.items()}
    length = dict(consensus.length)
    for axis, extent in consensus.length.items():
        size = grids[reference].get(axis, (0, 0.0))[1]
        if not size:
            continue
        at = consensus.start[reference][axis]
        first, last = outward(at, extent, size)
        before = after = 0
        for name, start in consensus.start.items():
            moved = (start[axis] - at) / size
            # Of a half either whole pixel may come, by the noise of what is reckoned later.
            least, most = rounded(moved - _NOISE), rounded(moved + _NOISE)
            before = max(before, -(first + least))
            # An image without the axis has nothing that it could leave along it.
            if axis in grids[name]:
                after = max(after, last + most - grids[name][axis][0])
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
