"""Read regions of an image's channels at a coarse pyramid level, without opening anything twice."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.plan.registration_plan import Level, Pyramid
from tasks.plan.window import Window
from tasks.quality.level_pixels import LevelPixels
from tasks.storage.attributes import ngff_metadata, read_attributes
from tasks.survey.multiscale import read_multiscale

SIDE = 320
"""Pixels along y or x that a region has at most at the level that it is looked at: with more, all
of it costs more than it tells."""

MOST_PIXELS = 4 * SIDE**2
"""Of one channel of a region; what more planes would tell is little."""


SAME_PIXELS = 0.02
"""Relative difference of two levels' pixels that only the rounding of odd sizes makes."""


@dataclass(frozen=True)
class Channel:
    """A channel's place in its image, and its names."""

    number: int | None
    """None where the image has no channel axis."""
    wavelength: str
    label: str

    @property
    def name(self) -> str:
        """How people call it: its label, else its wavelength."""
        return self.label or self.wavelength or "image"


def read_channels(image: Path, pyramid: Pyramid) -> tuple[Channel, ...]:
    """Return the channels of an image, in order; names are empty where its metadata has none."""
    if "c" not in pyramid.axes:
        return (Channel(number=None, wavelength="", label=""),)
    count = pyramid.levels[0].shape[pyramid.axes.index("c")]
    omero = ngff_metadata(read_attributes(image)).get("omero")
    listed = omero.get("channels") if isinstance(omero, dict) else None
    known = listed if isinstance(listed, list) else []
    named = [each if isinstance(each, dict) else {} for each in known] + [{}] * count
    return tuple(
        Channel(
            number=number,
            wavelength=str(named[number].get("wavelength_id") or ""),
            label=str(named[number].get("label") or ""),
        )
        for number in range(count)
    )


def shared_channels(
    reference: tuple[Channel, ...], moving: tuple[Channel, ...]
) -> tuple[tuple[Channel, Channel], ...]:
    """Return the pairs of channels that show one stain in both acquisitions.

    Channels are the same where wavelength and label are; a name that one of them lacks counts as
    the other's. Without any names, channels pair by their place. A name that an image has twice
    pairs nothing.
    """
    pairs = []
    for own in moving:
        alike = [each for each in reference if _same(each, own)]
        back = [each for each in moving if alike and _same(alike[0], each)]
        if len(alike) == 1 and len(back) == 1:
            pairs.append((alike[0], own))
    if not pairs and not any(c.wavelength or c.label for c in (*reference, *moving)):
        return tuple(zip(reference, moving, strict=False))
    return tuple(pairs)


def _same(one: Channel, other: Channel) -> bool:
    if one.number is None and other.number is None:
        return True
    named = [(one.wavelength, other.wavelength), (one.label, other.label)]
    both = [(a, b) for a, b in named if a and b]
    return bool(both) and all(a == b for a, b in both)


@dataclass(frozen=True)
class View:
    """An image at one pyramid level."""

    image: Path
    axes: tuple[str, ...]
    level: Level
    factor: tuple[float, ...]
    """Pixels of the finest level in one of this level, per axis of the array."""
    pixel_size: tuple[float, ...]
    """Of the finest level, per axis: micrometers along z, y, x."""
    pixels: LevelPixels

    def window(self, finest: Window) -> Window:
        """Return a window of the finest level in whole pixels of this one, inside the level."""
        start = [_whole(math.floor, a / f) for a, f in zip(finest.start, self.factor, strict=True)]
        stop = [_whole(math.ceil, b / f) for b, f in zip(finest.stop, self.factor, strict=True)]
        ordered = Window(start=tuple(start), stop=tuple(map(max, start, stop)))
        return ordered.clipped_to(Window.whole(self.level.shape))

    def read(self, channel: Channel, window: Window) -> NDArray[Any]:
        """Read a window of this level, axes (z, y, x); the first time point.

        Of a deep stack planes are left out evenly, so that no more than `MOST_PIXELS` are read.

        Raises:
            InvalidInputError: A chunk cannot be decoded.
            OSError: It cannot be read.
        """
        chosen = {"c": channel.number or 0, "t": 0}
        start = [chosen.get(axis, n) for axis, n in zip(self.axes, window.start, strict=True)]
        stop = [
            chosen[axis] + 1 if axis in chosen else n
            for axis, n in zip(self.axes, window.stop, strict=True)
        ]
        box = Window(start=tuple(start), stop=tuple(stop))
        if "z" not in self.axes:
            return self.pixels.read(box).reshape(1, *self._across(box))
        z = self.axes.index("z")
        step = math.ceil(math.prod(box.shape) / MOST_PIXELS)
        if step <= 1:
            return self.pixels.read(box).reshape(box.shape[z], *self._across(box))
        planes = []
        for plane in range(box.start[z], box.stop[z], step):
            one = Window(
                start=(*box.start[:z], plane, *box.start[z + 1 :]),
                stop=(*box.stop[:z], plane + 1, *box.stop[z + 1 :]),
            )
            planes.append(self.pixels.read(one).reshape(self._across(box)))
        return np.stack(planes)

    def _across(self, window: Window) -> tuple[int, int]:
        shape = dict(zip(self.axes, window.shape, strict=True))
        return shape["y"], shape["x"]


def view_at(image: Path, pyramid: Pyramid, number: int) -> View:
    """Return an image at its pyramid level of this number, counted from the finest, 0.

    Raises:
        InvalidInputError: The level cannot be read.
    """
    level = pyramid.levels[number]
    factor = tuple(a / b for a, b in zip(pyramid.levels[0].shape, level.shape, strict=True))
    return View(
        image=image,
        axes=pyramid.axes,
        level=level,
        factor=factor,
        pixel_size=pyramid.pixel_size,
        pixels=LevelPixels(image, level.path),
    )


def view_like(image: Path, other: View) -> View | None:
    """Return an image at the level of another that was made in the same way; None if it was not.

    Raises:
        InvalidInputError: Its metadata or the level cannot be read.
        FileNotFoundError: It is not there.
    """
    scales = read_multiscale(image)
    if scales.axes != other.axes or other.level.path not in scales.levels:
        return None
    across = [(scales.pixel_sizes[0][n], other.pixel_size[n]) for n in map(scales.axes.index, "yx")]
    if not all(math.isclose(*pair, rel_tol=SAME_PIXELS) for pair in across):
        return None
    pixels = LevelPixels(image, other.level.path)
    level = other.level.model_copy(update={"shape": pixels.shape})
    return replace(other, image=image, level=level, pixels=pixels)


def coarse_enough(pyramid: Pyramid, windows: Iterable[Window]) -> int:
    """Return the finest level at which no window is longer than `SIDE` along y or x.

    Args:
        pyramid: The image's levels.
        windows: Of its finest level.
    """
    across = [pyramid.axes.index(axis) for axis in ("y", "x")]
    longest = max((window.shape[n] for window in windows for n in across), default=0)
    for number, level in enumerate(pyramid.levels):
        factor = max(pyramid.levels[0].shape[n] / level.shape[n] for n in across)
        if longest / factor <= SIDE:
            return number
    return len(pyramid.levels) - 1


def _whole(rounding: Any, pixels: float) -> int:
    """Round, but what is whole up to the noise of a division stays as it is."""
    nearest = round(pixels)
    return int(nearest if math.isclose(nearest, pixels, abs_tol=1e-6) else rounding(pixels))
