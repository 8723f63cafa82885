"""Read regions of an image's channels at a coarse pyramid level, without opening anything twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.plan.errors import InvalidInputError
from tasks.plan.registration_plan import Pyramid
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


def shared_channels(
    reference: tuple[Channel, ...], moving: tuple[Channel, ...]
) -> tuple[tuple[Channel, Channel], ...]:
    """Return the pairs of channels that show one stain in both acquisitions.

    Channels are the same where wavelength and label are; a name that one of them lacks counts as
    the other's, and so does an only channel without any. Without any names, channels pair by their
    place. A name that an image has twice pairs nothing.
    """
    pairs = []
    for own in moving:
        alike = [each for each in reference if _same(each, own)]
        back = [each for each in moving if alike and _same(alike[0], each)]
        if len(alike) == 1 and len(back) == 1:
            pairs.append((alike[0], own))
    named = [any(c.wavelength or c.label for c in channels) for channels in (reference, moving)]
    are_single = len(reference) == len(moving) == 1 and not all(named)
    if not pairs and (are_single or not any(named)):
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
    path: str
    """Of the level, below the image."""
    factor: tuple[float, ...]
    """Pixels of the finest level in one of this level, per axis of the array."""
    pixel_size: tuple[float, ...]
    """Of the finest level, per axis: micrometers along z, y, x."""
    pixels: LevelPixels
    is_covered: bool = False
    """Whether what no region covers is 0, in which all images agree: windows are then of pixels
    that lie in a region as a whole."""

    def window(self, finest: Window, axes: Sequence[str] | None = None) -> Window:
        """Return a window of the finest level in whole pixels of this one, inside the level.

        A pixel that lies in it in part counts, unless the view is of what regions cover.

        Args:
            finest: Of the finest level.
            axes: Of that window, where it is another image's; an axis of this image that it lacks
                is whole.
        """
        between = dict(
            zip(axes or self.axes, zip(finest.start, finest.stop, strict=True), strict=True)
        )
        start, stop = [], []
        for axis, f, pixels in zip(self.axes, self.factor, self.pixels.shape, strict=True):
            a, b = between.get(axis, (0, pixels * f))
            first, last = _whole(math.floor, a / f), _whole(math.ceil, b / f)
            if self.is_covered:
                inner = _whole(math.ceil, a / f), _whole(math.floor, b / f)
                first, last = inner if inner[0] < inner[1] else (first, last)
            first = min(max(first, 0), pixels)
            start.append(first)
            stop.append(min(max(last, first), pixels))
        return Window(start=tuple(start), stop=tuple(stop))

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

    def channels(self) -> tuple[Channel, ...]:
        """Return the channels, in order; names are empty where the image's metadata has none."""
        if "c" not in self.axes:
            return (Channel(number=None, wavelength="", label=""),)
        count = self.pixels.shape[self.axes.index("c")]
        omero = ngff_metadata(read_attributes(self.image)).get("omero")
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

    @property
    def planes(self) -> int:
        """Planes of the finest level."""
        if "z" not in self.axes:
            return 1
        z = self.axes.index("z")
        return round(self.pixels.shape[z] * self.factor[z])

    def pixel(self) -> tuple[float, float]:
        """Return micrometers along y and x of a pixel of this level."""
        size = dict(zip(self.axes, zip(self.pixel_size, self.factor, strict=True), strict=True))
        return math.prod(size["y"]), math.prod(size["x"])

    def _across(self, window: Window) -> tuple[int, int]:
        shape = dict(zip(self.axes, window.shape, strict=True))
        return shape["y"], shape["x"]


def view_at(image: Path, pyramid: Pyramid, number: int) -> View:
    """Return an image at its pyramid level of this number, counted from the finest, 0.

    Raises:
        InvalidInputError: The level cannot be read.
    """
    level, finest = pyramid.levels[number], pyramid.levels[0]
    return _view(image, pyramid.axes, pyramid.pixel_size, finest.shape, level.path)


def view_alike(image: Path, other: View, number: int) -> View | None:
    """Return an image at the level whose pixels are as large as another's; None where none is.

    Args:
        image: Root folder of the image.
        other: What it is to be like.
        number: Of the level that is looked at first: most pyramids are made alike.

    Raises:
        InvalidInputError: Its metadata or a level cannot be read.
        FileNotFoundError: It is not there.
    """
    scales = read_multiscale(image)
    finest = LevelPixels(image, scales.levels[0]).shape
    for path in (*scales.levels[number : number + 1], *scales.levels):
        view = _view(image, scales.axes, scales.pixel_sizes[0], finest, path)
        if all(
            abs(a / b - 1) < SAME_PIXELS for a, b in zip(view.pixel(), other.pixel(), strict=True)
        ):
            return view
    return None


def view_like(image: Path, other: View) -> View | None:
    """Return an image at the level of another that was made in the same way; None if it was not.

    Raises:
        InvalidInputError: Its metadata or the level cannot be read.
        FileNotFoundError: It is not there.
    """
    scales = read_multiscale(image)
    if scales.axes != other.axes or other.path not in scales.levels:
        return None
    across = [(scales.pixel_sizes[0][n], other.pixel_size[n]) for n in map(scales.axes.index, "yx")]
    if not all(math.isclose(*pair, rel_tol=SAME_PIXELS) for pair in across):
        return None
    pixels = LevelPixels(image, other.path)
    if len(pixels.shape) != len(other.axes):
        return None
    return replace(other, image=image, pixels=pixels)


def _view(
    image: Path,
    axes: tuple[str, ...],
    pixel_size: tuple[float, ...],
    finest: tuple[int, ...],
    path: str,
) -> View:
    pixels = LevelPixels(image, path)
    if not len(axes) == len(finest) == len(pixels.shape):
        raise InvalidInputError(
            f"{image / path}: pyramid level has {len(pixels.shape)} dimensions, but its axes are "
            f"{', '.join(axes)}; correct the axes in the metadata of {image}"
        )
    factor = tuple(a / b for a, b in zip(finest, pixels.shape, strict=True))
    return View(
        image=image, axes=axes, path=path, factor=factor, pixel_size=pixel_size, pixels=pixels
    )


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
