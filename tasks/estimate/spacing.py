"""The size of a level's pixels: as metadata says, unless the number of pixels contradicts it.

Some writers give all levels the size of the finest: a shift found on a coarser one would be a
fraction of what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tasks.plan.rounding import SPACE


def spacing_of(
    level: Path,
    said: Mapping[str, float],
    pixels: Mapping[str, int],
    finest: Mapping[str, float],
    finest_pixels: Mapping[str, int],
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return micrometers per pixel of a level along z, y, x, and what is to be told of them.

    Args:
        level: Folder of the level, for what is told.
        said: Micrometers per pixel as the metadata has them, per axis.
        pixels: The level's pixels per axis.
        finest: As `said`, of the finest level.
        finest_pixels: As `pixels`, of the finest level.
    """
    found, wrong = {}, {}
    for axis in (axis for axis in SPACE if axis in pixels):
        whole = finest[axis] * finest_pixels[axis]
        found[axis] = said[axis]
        # Levels of a size that does not divide end up to a pixel before the finest, or behind it.
        if abs(said[axis] * pixels[axis] - whole) > 2 * max(said[axis], finest[axis]):
            found[axis] = wrong[axis] = whole / pixels[axis]
    if not wrong:
        return found, ()
    by_pixels, by_metadata = (
        " x ".join(f"{sizes[axis]:g}" for axis in wrong) for sizes in (wrong, said)
    )
    return found, (
        f"{level}: its metadata says pixels of {by_metadata} micrometers along {', '.join(wrong)}, "
        f"but with these it would not cover the image: {by_pixels} are taken, by its number of "
        "pixels. Correct the scale in its coordinateTransformations",
    )
