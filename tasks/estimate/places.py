"""Where the regions of an image lie in their well, by what the microscope's stage said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasks.estimate.level import ChannelLevel
from tasks.plan.region import Region
from tasks.survey.listed_tables import list_tables, read_table

_STAGE = {"y": "y_micrometer_original", "x": "x_micrometer_original"}
"""Columns in which Fractal's converters keep the stage's own positions."""

Place = tuple[float, float]
"""Micrometers along y and x."""


def region_centres(
    level: ChannelLevel, table: str, regions: tuple[Region, ...]
) -> tuple[Place, ...]:
    """Return the centre of each region in its well, micrometers.

    From the image's corner, or from the stage's origin where the table has the stage's positions.
    Wells whose fields lie elsewhere then have one common frame. Columns whose numbers fall where
    the image's rise are of a stage that counts the other way, and are not used.

    Args:
        level: The image, at any level.
        table: The ROI table that the regions are from.
        regions: The regions.
    """
    y, x = (
        np.array([_centre(region, axis, level) for region in regions]) + offset
        for axis, offset in zip("yx", _stage_offset(level.image, table, regions), strict=True)
    )
    return tuple((float(a), float(b)) for a, b in zip(y, x, strict=True))


def _centre(region: Region, axis: str, level: ChannelLevel) -> float:
    number = "zyx".index(axis)
    start = region.start.get(axis, 0.0)
    return start + region.length.get(axis, level.shape[number] * level.spacing[number]) / 2


def _stage_offset(image: Path, table: str, regions: tuple[Region, ...]) -> Place:
    if table not in list_tables(image):
        return 0.0, 0.0
    frame: Any = read_table(image, table).content.dataframe
    if any(column not in frame for column in _STAGE.values()):
        return 0.0, 0.0
    names = [str(name).strip() for name in frame.index]
    rows = [names.index(region.name) for region in regions]
    offsets = []
    for axis, column in _STAGE.items():
        stage = np.asarray(frame[column], dtype=np.float64)[rows]
        own = np.array([region.start.get(axis, 0.0) for region in regions])
        same_way = np.dot(stage - stage.mean(), own - own.mean()) >= 0
        if not (np.isfinite(stage).all() and same_way):
            return 0.0, 0.0
        offsets.append(float(np.median(stage - own)))
    return offsets[0], offsets[1]
