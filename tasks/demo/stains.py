"""Light from stained cells: which part of which cells a stain makes visible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tasks.demo.territories import Territories
from tasks.demo.texture import blurred, mottled

Pattern = Literal["nucleus", "membrane", "cytoplasm", "vesicles"]
Light = NDArray[np.float32]

BACKGROUND = 30.0
"""Photo-electrons per pixel that come from the medium and the well's bottom."""

_HAZE = 0.12
"""Share of the light that is out of focus."""


@dataclass(frozen=True)
class Stain:
    """What a channel shows."""

    name: str
    """As a biologist calls it, such as `DAPI`."""
    pattern: Pattern
    positive: float
    """Share of the cells that carry what is stained."""
    photons: float
    """Photo-electrons per pixel in a cell of mean uptake."""
    grain: int
    """Size of the texture inside the cell, in pixels (odd)."""
    wavelength: str
    """Wavelength identifier in the channel metadata, such as `A01_C01`."""
    color: str
    """Display color, as six hexadecimal digits."""


def _above(depth: Light, edge: float) -> Light:
    above: Light = 0.5 * (1.0 + np.tanh(7.0 * (depth - np.float32(edge))))
    return above


def _nucleus(sample: Territories) -> Light:
    return _above(-sample.distance, -1.0)


def _membrane(sample: Territories) -> Light:
    ring: Light = np.exp(-((sample.depth / np.float32(0.11)) ** 2))
    return ring


def _cytoplasm(sample: Territories) -> Light:
    return _above(sample.depth, 0.05) * (1.0 - 0.85 * _nucleus(sample))


_PATTERNS: dict[Pattern, Callable[[Territories], Light]] = {
    "nucleus": _nucleus,
    "membrane": _membrane,
    "cytoplasm": _cytoplasm,
    "vesicles": _cytoplasm,
}


def light_of(stain: Stain, sample: Territories, random: np.random.Generator) -> Light:
    """Return the light that a stain gives, in photo-electrons per pixel, axes (y, x).

    With the stain come its out-of-focus haze and an uneven background.

    Args:
        stain: What is stained.
        sample: The cells.
        random: Where the randomness comes from. The same state gives the same sample the same
            light, so a stain that is repeated in another acquisition looks the same.
    """
    uptake = np.array([cell.uptake for cell in sample.cells], dtype=np.float32)
    uptake[random.random(len(uptake)) >= stain.positive] = 0.0
    grain = mottled(sample.shape, stain.grain, random)
    if stain.pattern == "vesicles":
        texture = np.clip(1.5 * (grain - 1.0), 0.0, 2.5)
    else:
        texture = np.clip(1.0 + 0.25 * grain, 0.2, 2.0)
    cells: Light = _PATTERNS[stain.pattern](sample) * texture * uptake[sample.owner]
    cells *= np.float32(stain.photons)
    unevenness = np.clip(1.0 + 0.2 * mottled(sample.shape, 151, random), 0.3, 2.0)
    light: Light = cells + _HAZE * blurred(cells, 41) + BACKGROUND * unevenness
    return light
