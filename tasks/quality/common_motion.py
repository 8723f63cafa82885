"""How far two pictures are off as a whole, before their blocks are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.quality.agreement import agreement
from tasks.quality.floats import as_floats
from tasks.quality.slopes import taper

_PEAKS = 3
"""Peaks that are tried: the highest may be one of the background."""

_LEAST_OVERLAP = 0.25
"""Share of each axis that must overlap at a motion."""

_LIKER = 0.05
"""By how much two pictures must agree better there than where they are."""

_LIKENESS = 0.3

_NEAR = 2
"""Pixels: what is no farther, the blocks tell by themselves."""


FINE = 160
"""Pixels along the shorter side from which on every second one is enough."""


def common_motion(reference: NDArray[Any], moving: NDArray[Any]) -> tuple[int, int]:
    """Return whole pixels y, x by which a picture's content lies beyond the reference's.

    The best of a few peaks of the phase correlation (Kuglin and Hines 1975), by the agreement of
    what overlaps there; (0, 0) where none is clearly better than that.

    Args:
        reference: Axes (y, x).
        moving: Axes (y, x), of the same shape.
    """
    if min(reference.shape) >= FINE:
        y, x = common_motion(_binned(reference), _binned(moving))
        return 2 * y, 2 * x
    if min(reference.shape) < 2:  # noqa: PLR2004 - one row or column moves nowhere
        return 0, 0
    shape = (_fast(reference.shape[0]), _fast(reference.shape[1]))
    tapered = taper(shape)
    one, two = (as_floats(each[: shape[0], : shape[1]]) for each in (reference, moving))
    best, most = (0, 0), (agreement(one, two) or 0.0) + _LIKER
    if most >= 1:
        # They agree so well that they can agree nowhere else that much better.
        return best
    spectra = [np.fft.rfft2((each - each.mean()) * tapered) for each in (one, two)]
    product = spectra[1] * np.conj(spectra[0])
    magnitude = np.abs(product)
    product /= np.maximum(magnitude, 1e-3 * magnitude.max() + np.finfo(np.float32).tiny)
    surface = np.fft.irfft2(product, s=shape)
    top = np.unravel_index(int(surface.argmax()), shape)
    if all(min(n, size - n) <= _NEAR for n, size in zip(top, shape, strict=True)):
        return 0, 0
    for flat in np.argsort(surface, axis=None)[: -_PEAKS - 1 : -1]:
        y, x = (int(n) for n in np.unravel_index(int(flat), shape))
        # A peak stands for two motions along each axis, one of them the longer way round.
        for dy in (y, y - shape[0]):
            for dx in (x, x - shape[1]):
                first, second = shared(one, dy, dx), shared(two, -dy, -dx)
                if min(first.shape[0] / shape[0], first.shape[1] / shape[1]) < _LEAST_OVERLAP:
                    continue
                found = agreement(first, second) or 0.0
                if found > max(most, _LIKENESS):
                    best, most = (dy, dx), found
    return best


def shared(picture: NDArray[Any], dy: int, dx: int) -> NDArray[Any]:
    """Return the part of a picture that another shows whose content lies (dy, dx) beyond its."""
    rows, columns = picture.shape
    return picture[max(0, -dy) : rows - max(0, dy), max(0, -dx) : columns - max(0, dx)]


def _binned(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Return the mean of each two by two pixels; an odd last row or column is left out."""
    rows, columns = (n // 2 for n in picture.shape)
    even = picture[: 2 * rows, : 2 * columns].astype(np.float32)
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / np.float32(4)


def _fast(pixels: int) -> int:
    """Return the largest size up to this one that has no prime factor beyond 5."""
    for size in range(pixels, 1, -1):
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
    return pixels
