"""The phase-only view of a region: every spatial frequency counts the same."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.prepare import Prepared

_TAPER = 0.15
"""Share of each side that is faded out; a sharp edge would be found in every region at 0."""

_FINEST = 1.5
"""Pixels (standard deviation): what is finer is mostly noise, which must not count the same."""

_FLOOR = 0.05
"""Frequencies weaker than this part of the mean are left weak."""


def whiten(region: Prepared) -> Prepared:
    """Return a region whose frequencies have one strength: correlating two is phase correlation.

    Bright objects and haze then weigh no more than faint texture. On sparse content it mostly
    amplifies noise, so it is a second view beside the plain one.

    Args:
        region: A region ready to be compared.
    """
    values = region.values.copy()
    for axis in (1, 2):
        shape = [1, 1, 1]
        shape[axis] = values.shape[axis]
        values *= taper(values.shape[axis]).astype(np.float32).reshape(shape)
    axes = (0, 1, 2) if len(values) > 1 else (1, 2)
    spectrum = fft.rfftn(values, axes=axes)
    strength = np.abs(spectrum)
    fy = fft.fftfreq(values.shape[1]).astype(np.float32)[:, None]
    fx = fft.rfftfreq(values.shape[2]).astype(np.float32)[None, :]
    passed = np.exp(-2 * (np.pi * _FINEST) ** 2 * (fy**2 + fx**2))
    floor = max(_FLOOR * float(strength.mean()), float(np.finfo(np.float32).tiny))
    spectrum *= passed / np.maximum(strength, np.float32(floor))
    white = fft.irfftn(spectrum, values.shape[axes[0] :], axes)
    if region.valid is not None:
        white *= region.valid
    return dataclasses.replace(region, values=white.astype(np.float32, copy=False))


def taper(length: int) -> NDArray[np.float64]:
    """Return 1 for each pixel of a side, and at both ends half a cosine that leads to 0.

    That is Tukey's window (Harris, Proc. IEEE 66, 1978, 51-83). scipy has it too, in a part of it
    that takes a second to load.

    Args:
        length: Pixels of the side.
    """
    place = np.arange(length, dtype=np.float64)
    from_end = np.minimum(place, length - 1 - place)
    faded = max(_TAPER * (length - 1) / 2, np.finfo(np.float64).tiny)
    window: NDArray[np.float64] = (1 - np.cos(np.pi * np.minimum(from_end / faded, 1))) / 2
    return window if length > 1 else np.ones(length)
