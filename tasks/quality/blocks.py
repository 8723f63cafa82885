"""The blocks that two pictures of a region are parted into, and which of them show something."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.quality.slopes import Corners

SMALLEST_BLOCK = 24
"""Pixels: in less there is too little to tell a motion from noise."""

LARGEST_BLOCK = 128
BLOCKS_ACROSS = 6
"""Blocks along the shorter side, were there no overlap."""

OVERLAP = 0.3
"""Share of a block's side that its neighbour shares: of more, most tell the same once more."""

_ABOVE_NOISE = 1.25
"""Times the noise by which a block must vary."""

Picture = NDArray[np.float32]
"""Axes (y, x)."""

Blocks = NDArray[np.float32]
"""Axes (block, y, x)."""


def block_side(shape: tuple[int, ...]) -> int | None:
    """Return the side of the blocks that a picture (y, x) is parted into; None if too small."""
    shorter = min(shape)
    if shorter < SMALLEST_BLOCK:
        return None
    side = min(max(shorter // BLOCKS_ACROSS, 2 * SMALLEST_BLOCK), LARGEST_BLOCK, shorter)
    return side - side % 2


@lru_cache(maxsize=64)
def corners_of(shape: tuple[int, ...], side: int) -> Corners:
    """Return where the blocks of this side begin; do not change it, others look at it too."""
    starts = [_starts(pixels, side) for pixels in shape]
    return np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, 2)


def _starts(pixels: int, side: int) -> NDArray[np.int_]:
    count = math.ceil((pixels - side) / (side * (1.0 - OVERLAP))) + 1
    return np.unique(np.linspace(0, pixels - side, count).round()).astype(np.int_)


def blocks_at(corners: Corners, picture: Picture, side: int) -> Blocks:
    """Return copies of the blocks that begin at these corners."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (side, side))
    return windows[corners[:, 0], corners[:, 1]]


def have_content(picture: Picture, side: int) -> NDArray[np.bool_]:
    """Return which blocks vary by more than the picture's noise does."""
    blocks = blocks_at(corners_of(picture.shape, side), picture, side)
    spread = blocks.std(axis=(1, 2))
    has_content: NDArray[np.bool_] = (spread > 0) & (spread > _ABOVE_NOISE * _noise(picture))
    return has_content


def _noise(picture: Picture) -> float:
    """Return the noise of a picture: from differences of neighbours, which smooth content lacks."""
    differences = np.abs(np.diff(picture, axis=1)).reshape(-1)
    # Not `np.median`, which takes nine times as long to look for NaN too.
    middle = differences.size // 2
    return float(np.partition(differences, middle)[middle] * 1.4826 / np.sqrt(2.0))
