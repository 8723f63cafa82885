"""The one place where micrometers become pixels.

The reference's region is rounded outward to its target window, as ngio does
(`ngio.io_pipes._ops_slices`, with the snap of `ngio.common._roi.world_to_pixel`). The source window
is that window moved by the shift between the two regions, rounded once. So both always have one
shape, and a shift is never off by more than half a pixel; rounding the two regions by themselves
gives windows of unequal shape (fractal-tasks-core#1044) or shifts that are off by a whole pixel.
Where values between pixels are wanted, what this rounding leaves is kept beside it.
"""

from __future__ import annotations

import math

from tasks.plan.region import Region
from tasks.plan.window import Shift, Window

SNAP = 0.01
"""Positions this close to a whole pixel are that pixel: ngio's tolerance for machine precision."""

DIGITS = 9
"""Digits of a fraction of a pixel; what lies beyond them is the noise of micrometers divided."""

SPACE = ("z", "y", "x")
"""Axes along which there is something between two pixels; not so between channels or times."""


def in_pixels(position: float, pixel_size: float) -> float:
    """Return a position or length in pixels, snapped to a whole number within `SNAP`."""
    pixels = position / pixel_size
    nearest = round(pixels)
    return nearest if abs(nearest - pixels) < SNAP else pixels


def outward(start: float, length: float, pixel_size: float) -> tuple[int, int]:
    """Return the smallest interval of whole pixels that holds a physical interval."""
    first = in_pixels(start, pixel_size)
    return math.floor(first), math.ceil(first + in_pixels(length, pixel_size))


def rounded(pixels: float) -> int:
    """Return the nearest whole number, halves upward."""
    return math.floor(pixels + 0.5)


def region_shift(
    reference: Region,
    acquisition: Region,
    *,
    axes: tuple[str, ...],
    pixel_size: tuple[float, ...],
    shape: tuple[int, ...],
    keep_fraction: bool = False,
) -> Shift:
    """Return where a region's pixels are read and where they land, on one pixel grid.

    Args:
        reference: The region in the reference acquisition, in micrometers (t in seconds).
        acquisition: The same region in the acquisition to be registered.
        axes: Axis names in array order.
        pixel_size: Size of a pixel per axis, in micrometers (t in seconds).
        shape: Pixels per axis; an axis that a region does not name is taken whole, and so is a z
            axis of one plane, which has no place along it.
        keep_fraction: Whether the shift has the fraction of a pixel that rounding leaves, along
            z, y and x; less than `SNAP` is none, and so is any along an axis of one pixel.

    Returns:
        The shift, not clipped: its windows may reach over the image's edge.
    """
    source, target, fraction = [], [], []
    for axis, size, pixels in zip(axes, pixel_size, shape, strict=True):
        if _is_whole(axis, reference, pixels):
            target.append((0, pixels))
            source.append((0, pixels))
            fraction.append(0.0)
            continue
        landing = outward(reference.start[axis], reference.length[axis], size)
        moved = acquisition.start.get(axis, reference.start[axis]) - reference.start[axis]
        shift = rounded(moved / size)
        target.append(landing)
        source.append((landing[0] + shift, landing[1] + shift))
        rest = shift - moved / size
        counts = keep_fraction and axis in SPACE and pixels > 1 and abs(rest) >= SNAP
        fraction.append(round(rest, DIGITS) if counts else 0.0)
    return Shift(
        region=reference.name,
        source=Window(start=tuple(a for a, _ in source), stop=tuple(b for _, b in source)),
        target=Window(start=tuple(a for a, _ in target), stop=tuple(b for _, b in target)),
        fraction=tuple(fraction) if any(fraction) else (),
    )


def region_window(
    region: Region, *, axes: tuple[str, ...], pixel_size: tuple[float, ...], shape: tuple[int, ...]
) -> Window:
    """Return the smallest window of whole pixels that holds a region; arguments as above."""
    sides = [
        (0, n)
        if _is_whole(axis, region, n)
        else outward(region.start[axis], region.length[axis], size)
        for axis, size, n in zip(axes, pixel_size, shape, strict=True)
    ]
    return Window(start=tuple(a for a, _ in sides), stop=tuple(b for _, b in sides))


def _is_whole(axis: str, region: Region, pixels: int) -> bool:
    """Return whether an axis is taken whole; an only plane has no place along z."""
    return axis not in region.start or (axis == "z" and pixels == 1)
