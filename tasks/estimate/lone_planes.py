"""Images of one plane limit nothing along z, where they have no place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.estimate.keep_inside import Grid
from tasks.plan.region import Region
from tasks.survey.planes import whole_along_z

Regions = dict[Path, dict[str, Region]]


def without_lone_planes(
    regions: Mapping[Path, Mapping[str, Region]], grids: Mapping[str, Grid]
) -> tuple[Regions, dict[str, Grid]]:
    """Return regions and grids without the z of images of one plane.

    A projection, or the one plane that was photographed, would cut every stack to a plane, and
    planes that were photographed at different heights would share nothing. Where no stack's regions
    have a z, the first of them keeps its own, for the tables that have it.

    Args:
        regions: Of each image, by their names; the reference comes first.
        grids: Of each image, by the image's name.
    """
    alone = [image.name for image in regions if _planes(grids[image.name]) == 1]
    stacks = [own for image, own in regions.items() if image.name not in alone]
    if not any("z" in region.start for own in stacks for region in own.values()):
        alone = alone[1:]
    return (
        {
            image: {
                name: whole_along_z(region) if image.name in alone else region
                for name, region in own.items()
            }
            for image, own in regions.items()
        },
        {
            name: {axis: side for axis, side in grid.items() if axis != "z" or name not in alone}
            for name, grid in grids.items()
        },
    )


def _planes(grid: Grid) -> int:
    return grid["z"].last - grid["z"].first if "z" in grid else 1
