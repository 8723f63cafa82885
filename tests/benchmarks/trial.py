"""A pair of frames that invites a wrong shift, and what such frames are made of."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.estimate.samples import Floats, cells, field, moved, photograph

Frame = NDArray[np.generic]
Frames = tuple[Frame, Frame]
Truth = tuple[float, float, float]
"""Pixels along z, y, x."""
Generator = np.random.Generator


@dataclass(frozen=True)
class Trial:
    """Two frames, and every shift that is no mistake."""

    frames: Frames
    truths: tuple[Truth, ...]
    """Empty where any shift would be a mistake."""
    strangers: tuple[Frames, ...] = ()
    """Other regions of the two images."""
    tolerance: float = 1.0
    """Pixels."""


Family = Callable[[Generator, int], Trial]


def nothing(*frames: Frame, strangers: tuple[Frames, ...] = ()) -> Trial:
    one, two = frames
    return Trial((one, two), (), strangers)


def shifted(rng: Generator, size: int, most: float = 0.15) -> tuple[float, float]:
    y, x = rng.uniform(-most * size, most * size, 2)
    return float(y), float(x)


def empty(rng: Generator, size: int, *, background: float = 100.0) -> Frame:
    """Return what a camera records of no light but a background."""
    return photograph(np.zeros((1, size, size)), rng, signal=1, background=background)


def counts(values: Floats) -> NDArray[np.uint16]:
    return np.clip(np.rint(values), 0, 65535).astype(np.uint16)


def some_cells(rng: Generator, size: int, density: float = 40.0, radius: float = 8.0) -> Floats:
    """Return content with a margin, at a density of cells per 256 x 256 pixels."""
    return cells(size, rng, per_field=max(1.0, density * (size / 256) ** 2), radius=radius)


def seen(content: Floats, size: int, shift: tuple[float, float]) -> Floats:
    return field(moved(content, [-n for n in shift]), size)


def spots(rng: Generator, size: int, count: int, width: float) -> Floats:
    y, x = np.mgrid[:size, :size]
    light = np.zeros((size, size))
    for _ in range(count):
        at_y, at_x = rng.uniform(0, size, 2)
        light += rng.uniform(0.5, 1.5) * np.exp(
            -((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * width**2)
        )
    return light


def lattice(size: int, period: float, width: float, by: tuple[float, float]) -> Floats:
    y, x = np.mgrid[:size, :size]
    dy = (y - by[0] + period / 2) % period - period / 2
    dx = (x - by[1] + period / 2) % period - period / 2
    light: Floats = np.exp(-(dy**2 + dx**2) / (2 * width**2))
    return light


def as_jpeg(frame: Frame, quality: int) -> Frame:
    """Return a plane as 8 bits that went through a lossy file."""
    plane = np.asarray(frame[0], dtype=float)
    low, high = plane.min(), plane.max()
    eight = np.rint((plane - low) / max(1.0, high - low) * 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(eight).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))[None].copy()


def truth_of(shift: tuple[float, float]) -> tuple[Truth, ...]:
    return ((0.0, *shift),)
