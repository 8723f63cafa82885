"""Synthetic regions with a shift that is known: cells, patterns, and what a camera makes of them.

Content is grown on a torus and moved in Fourier space, which is exact for any fraction of a pixel;
regions are cut out of it, so that content leaves on one side and new content comes in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MARGIN = 80
"""Pixels of content around a region."""


def random(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def blurred(pixels: Floats, width: Sequence[float]) -> Floats:
    """Blur on the torus: a Gaussian in Fourier space, standard deviations in pixels per axis."""
    spectrum = np.fft.fftn(pixels)
    for axis, sigma in enumerate(width):
        frequency = np.fft.fftfreq(pixels.shape[axis])
        factor = np.exp(-2 * (np.pi * sigma * frequency) ** 2)
        spectrum *= factor.reshape([-1 if n == axis else 1 for n in range(pixels.ndim)])
    return np.fft.ifftn(spectrum).real


def moved(pixels: Floats, by: Sequence[float]) -> Floats:
    """Move content on the torus by pixels per axis, exactly."""
    spectrum = np.fft.fftn(pixels)
    for axis, distance in enumerate(by):
        frequency = np.fft.fftfreq(pixels.shape[axis])
        factor = np.exp(-2j * np.pi * frequency * distance)
        spectrum *= factor.reshape([-1 if n == axis else 1 for n in range(pixels.ndim)])
    return np.fft.ifftn(spectrum).real


def cells(size: int, rng: np.random.Generator, *, per_field: float, radius: float = 8.0) -> Floats:
    """Grow textured cells, on average so many per field of `size` x `size` pixels."""
    side = size + 2 * MARGIN
    count = max(1, round(per_field * (side / size) ** 2))
    content = np.zeros((side, side))
    reach = int(3 * radius)
    for _ in range(count):
        at_y, at_x = rng.uniform(0, side, 2)
        rows, columns = (np.arange(int(at) - reach, int(at) + reach + 1) for at in (at_y, at_x))
        dy, dx = (rows - at_y)[:, None], (columns - at_x)[None, :]
        turn, long = rng.uniform(0, np.pi), radius * rng.uniform(0.8, 1.3)
        u = (dy * np.cos(turn) + dx * np.sin(turn)) / long
        v = (dx * np.cos(turn) - dy * np.sin(turn)) / (long * rng.uniform(0.6, 1.0))
        cell = rng.uniform(0.5, 1.5) / (1 + np.exp(8 * np.minimum(np.hypot(u, v) - 1, 20)))
        content[np.ix_(rows % side, columns % side)] += cell
    grain = blurred(rng.standard_normal((side, side)), (1.5, 1.5))
    content *= np.clip(1 + 0.25 * grain / grain.std(), 0.2, 2.0)
    return blurred(content, (1.0, 1.0))


def tissue(shape: Sequence[int], rng: np.random.Generator) -> Floats:
    """Grow dense content without a period, axes (z, y, x), on a torus of this shape."""
    content = blurred(rng.standard_normal(tuple(shape)), (1.3, 3.0, 3.0))
    return np.clip(content / content.std() - 0.3, 0, None)


def field(content: Floats, size: int) -> Floats:
    """Cut the field out of the middle."""
    cut: Floats = content[MARGIN : MARGIN + size, MARGIN : MARGIN + size]
    return cut


def photograph(
    light: Floats, rng: np.random.Generator, *, signal: float, background: float = 100.0
) -> NDArray[np.uint16]:
    """Return counts: shot noise, read noise of 3, an offset of 100. `signal` is a cell's light."""
    electrons = np.clip(light, 0, None) * signal + background
    counts = 100 + electrons + rng.standard_normal(light.shape) * np.sqrt(electrons + 9)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)


def pair(
    size: int,
    shift: tuple[float, float],
    rng: np.random.Generator,
    *,
    per_field: float,
    radius: float = 8.0,
    signal: float | None = 300.0,
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Return one field in the reference and, `shift` before it, in another acquisition.

    Axes (z, y, x) with one plane; without noise where `signal` is None.
    """
    content = cells(size, rng, per_field=per_field, radius=radius)
    frames = (field(content, size), field(moved(content, [-n for n in shift]), size))
    if signal is None:
        return frames[0][None], frames[1][None]
    one, two = (photograph(frame, rng, signal=signal) for frame in frames)
    return one[None], two[None]


def standing(kind: str, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return what a camera adds to every frame, and what it multiplies every frame by."""
    added, times = np.zeros((size, size)), np.ones((size, size))
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    if kind == "pixel noise":
        added = 8 * rng.standard_normal((size, size))
    elif kind == "smooth noise":
        added = blurred(rng.standard_normal((size, size)), (3, 3))
        added *= 8 / added.std()
    elif kind == "columns":
        added = np.repeat(6 * rng.standard_normal((1, size)), size, axis=0)
    elif kind == "hot pixels":
        added = 300.0 * (rng.random((size, size)) < 0.001)
    elif kind == "vignetting":
        times = 1 - 0.3 * (y**2 + x**2)
    elif kind in {"dark dust", "bright dust"}:
        for _ in range(12):
            at_y, at_x = rng.uniform(-1, 1, 2)
            spot = 0.15 * np.exp(
                -((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * rng.uniform(0.01, 0.04) ** 2)
            )
            times = times * (1 - spot if kind == "dark dust" else 1 + spot)
    else:
        raise AssertionError(kind)
    return added, times


STANDING = (
    "pixel noise",
    "smooth noise",
    "columns",
    "hot pixels",
    "vignetting",
    "dark dust",
    "bright dust",
)


def seen_through(frame: NDArray[np.generic], pattern: tuple[Floats, Floats]) -> NDArray[np.uint16]:
    """Return a frame with a standing pattern."""
    added, times = pattern
    return np.clip(np.rint((frame + added) * times), 0, 65535).astype(np.uint16)
