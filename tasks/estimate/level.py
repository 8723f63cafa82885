"""Read regions of one channel of an image at one pyramid level, and no more than that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from ngio.images import Image
from ngio.utils import NgioError
from numpy.typing import NDArray

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.plan.rounding import outward
from tasks.plan.window import Window
from tasks.survey.pyramids import open_image

Spacing = tuple[float, float, float]
"""Micrometers per pixel along z, y, x."""


@dataclass(frozen=True)
class ChannelLevel:
    """One channel of an image at one pyramid level."""

    image: Path
    path: str
    """Of the level inside the image."""
    axes: tuple[str, ...]
    shape: tuple[int, int, int]
    """Pixels along z, y, x; one plane where there is no z axis."""
    spacing: Spacing
    channel: int | None
    dtype: np.dtype[Any]
    chunk_bytes: int
    """Of one chunk in memory; of one shard where there are shards: it may be decoded whole."""

    def window(self, region: Region) -> Window:
        """Return a region in whole pixels of this level, axes (z, y, x), inside the image."""
        start, stop = [], []
        for axis, size, pixels in zip("zyx", self.spacing, self.shape, strict=True):
            first, last = 0, pixels
            if axis in region.start and axis in self.axes:
                first, last = outward(region.start[axis], region.length[axis], size)
            start.append(first)
            stop.append(max(first, last))
        box = Window(start=tuple(start), stop=tuple(stop))
        return box.clipped_to(Window.whole(self.shape))

    def read(self, window: Window) -> NDArray[Any]:
        """Read a window's pixels, axes (z, y, x)."""
        array = zarr.open_array(self.image / self.path, mode="r")
        parts: dict[str, slice | int] = dict(zip("zyx", window.slices, strict=True))
        if self.channel is not None:
            parts["c"] = self.channel
        pixels = np.asarray(array[tuple(parts.get(axis, 0) for axis in self.axes)])
        kept = [axis for axis in self.axes if axis in "zyx"]
        pixels = pixels.transpose([kept.index(axis) for axis in "zyx" if axis in kept])
        return pixels if "z" in kept else pixels[None]


def open_level(image: Path, *, wavelength: str, level: str) -> ChannelLevel:
    """Open a channel by name.

    Args:
        image: Root folder of the image.
        wavelength: Wavelength identifier of the channel, or its label where no identifier is that.
        level: Name of the pyramid level, such as `2`.

    Raises:
        InvalidInputError: The level or the channel is not there, the name is that of several
            channels, or the image has more than one time point.
    """
    container = open_image(image)
    levels = container.level_paths
    if level not in levels:
        raise InvalidInputError(
            f"{image} has no pyramid level '{level}'; its levels are {', '.join(levels)}. "
            "Name one of them as level_path"
        )
    try:
        opened = container.get_image(path=level)
    except (NgioError, FileNotFoundError, ValueError) as error:
        raise InvalidInputError(
            f"{image / level}: pyramid level is listed but cannot be read ({error}). Restore it"
        ) from error
    axes = tuple(opened.axes)
    sizes = dict(zip(axes, opened.shape, strict=True))
    if sizes.get("t", 1) > 1:
        raise InvalidInputError(
            f"{image} has {sizes['t']} time points; shifts are estimated between acquisitions of "
            "one time point. Split the series, or write its shifts by hand"
        )
    size = opened.pixel_size
    array = opened.zarr_array
    return ChannelLevel(
        image=image,
        path=level,
        axes=axes,
        shape=(sizes.get("z", 1), sizes["y"], sizes["x"]),
        spacing=(float(size.z), float(size.y), float(size.x)),
        channel=_channel(image, opened, wavelength) if "c" in axes else None,
        dtype=array.dtype,
        chunk_bytes=math.prod(array.shards or array.chunks) * array.dtype.itemsize,
    )


def _channel(image: Path, opened: Image, wavelength: str) -> int:
    wavelengths, labels = list(opened.wavelength_ids), list(opened.channel_labels)
    for names in (wavelengths, labels):
        found = [n for n, name in enumerate(names) if name == wavelength]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidInputError(
                f"{image} has {len(found)} channels named '{wavelength}' (numbers {found}); "
                "name a channel by what only it has: "
                f"wavelengths {wavelengths}, labels {labels}"
            )
    raise InvalidInputError(
        f"{image} has no channel with the wavelength or label '{wavelength}'; "
        f"its wavelengths are {wavelengths}, its labels {labels}. Choose a stain that every "
        "acquisition has"
    )
