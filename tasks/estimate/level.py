"""Read regions of one channel of an image at one pyramid level, and no more than that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tasks.estimate.spacing import spacing_of
from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region
from tasks.plan.rounding import outward
from tasks.plan.window import Window
from tasks.survey.level_array import open_level_array
from tasks.survey.multiscale import Channel, read_multiscale

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
    finest: Spacing
    """Of the image's finest level."""
    planes: int
    """Of the image's finest level; one where there is no z axis."""
    channel: int | None
    dtype: np.dtype[Any]
    chunk_bytes: int
    """Of one chunk in memory; of one shard where there are shards: it may be decoded whole."""
    doubts: tuple[str, ...] = ()
    """What had to be assumed of the image's metadata."""

    def window(self, region: Region) -> Window:
        """Return a region in whole pixels of this level, axes (z, y, x), inside the image."""
        start, stop = [], []
        for axis, size, pixels in zip("zyx", self.spacing, self.shape, strict=True):
            first, last = 0, pixels
            # Where an only plane lies is no place among others.
            is_alone = axis == "z" and self.planes == 1
            if axis in region.start and not is_alone:
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
        wavelength: Wavelength identifier of the channel, or its label where no identifier is that;
            its number where the image names no channels.
        level: Name of the pyramid level, such as `2`.

    Raises:
        InvalidInputError: The level or the channel is not there, the name is that of several
            channels, or the image has more than one time point.
    """
    scales = read_multiscale(image)
    if level not in scales.levels:
        raise InvalidInputError(
            f"{image} has no pyramid level '{level}'; its levels are {', '.join(scales.levels)}. "
            "Name one of them as level_path"
        )
    array = open_level_array(image, level)
    axes = scales.axes
    if len(array.shape) != len(axes):
        raise InvalidInputError(
            f"{image / level}: pyramid level has {len(array.shape)} dimensions, but its axes are "
            f"{', '.join(axes)}; correct the axes in the image's metadata"
        )
    sizes = dict(zip(axes, array.shape, strict=True))
    if sizes.get("t", 1) > 1:
        raise InvalidInputError(
            f"{image} has {sizes['t']} time points; shifts are estimated between acquisitions of "
            "one time point. Split the series, or write its shifts by hand"
        )
    said, finest = (
        dict(zip(axes, scales.pixel_sizes[number], strict=True))
        for number in (scales.levels.index(level), 0)
    )
    finest_sizes = dict(zip(axes, open_level_array(image, scales.levels[0]).shape, strict=True))
    spacing, told = spacing_of(image / level, said, sizes, finest, finest_sizes)
    return ChannelLevel(
        image=image,
        path=level,
        axes=axes,
        shape=(sizes.get("z", 1), sizes["y"], sizes["x"]),
        spacing=(spacing.get("z", 1.0), spacing["y"], spacing["x"]),
        finest=(finest.get("z", 1.0), finest["y"], finest["x"]),
        planes=finest_sizes.get("z", 1),
        channel=_channel(image, scales.channels, sizes["c"], wavelength) if "c" in axes else None,
        dtype=array.dtype,
        chunk_bytes=math.prod(array.shards or array.chunks) * array.dtype.itemsize,
        doubts=(*scales.doubts, *told),
    )


def _channel(image: Path, channels: Sequence[Channel], count: int, name: str) -> int:
    """Return the number of a channel by its wavelength or label, or where it has none by number."""
    if not channels:
        numbers = [str(n) for n in range(count)]
        if name in numbers:
            return int(name)
        raise InvalidInputError(
            f"{image} names none of its channels, so none is '{name}'. Name them in its metadata "
            "('omero') as the other acquisitions do; where none has names, give the channel's "
            f"number as wavelength_id, 0 to {count - 1}"
        )
    wavelengths = [channel.wavelength for channel in channels]
    labels = [channel.label for channel in channels]
    for names in (wavelengths, labels):
        found = [n for n, known in enumerate(names) if known == name]
        if len(found) > 1:
            raise InvalidInputError(
                f"{image} has {len(found)} channels named '{name}' (numbers {found}); "
                "name a channel by what only it has: "
                f"wavelengths {wavelengths}, labels {labels}"
            )
        if found and found[0] >= count:
            raise InvalidInputError(
                f"{image} describes '{name}' as its channel {found[0]}, but has the channels 0 to "
                f"{count - 1} only; correct the list of channels in its metadata ('omero')"
            )
        if found:
            return found[0]
    raise InvalidInputError(
        f"{image} has no channel with the wavelength or label '{name}'; "
        f"its wavelengths are {wavelengths}, its labels {labels}. Choose a stain that every "
        "acquisition has"
    )
