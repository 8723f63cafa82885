"""Smoothed pictures with their slopes, whose blocks tell how far they lie beyond each other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_SMOOTHED_BY = 4
"""Means of two neighbours, one after the other: the binomial 1, 4, 6, 4, 1 along each axis."""

_EVERY = 2
"""Rows, and columns, of a smoothed picture that one of them speaks for: motions told by all are no
nearer to the truth."""

_LARGEST_CONDITION = 1e3
"""Of a block's slopes: beyond it there is an edge along one direction only."""

SETTLED = 0.75
"""Pixels: a step that is shorter needs no other; beyond a half, two pixels are equally near."""

_LIKE_SLOPES = 0.25
"""Correlation that the slopes of two blocks have at least where they lie as these tell. Of less
they are noise, which tells no motion whatever there is: haze agrees and slopes hardly, and would
seem to be in its place wherever it lies."""

Slopes = NDArray[np.float32]
"""Axes (3, y, x): brightness, its slope along y, its slope along x."""

Corners = NDArray[np.int_]
"""Axes (block, 2): y, x of each block's first pixel."""


def slopes_of(pixels: NDArray[np.float32]) -> Slopes:
    """Return a picture (y, x), smoothed a little, with its slopes: of single pixels they are noise.

    It has at least three pixels along each axis.
    """
    smooth = np.pad(pixels, _SMOOTHED_BY // 2, mode="edge")
    for _ in range(_SMOOTHED_BY):
        smooth = smooth[1:] + smooth[:-1]
        smooth = smooth[:, 1:] + smooth[:, :-1]
    found = np.empty((3, *pixels.shape), np.float32)
    np.multiply(smooth, np.float32(0.25**_SMOOTHED_BY), out=found[0])
    for value, slope in ((found[0], found[1]), (found[0].T, found[2].T)):
        np.subtract(value[2:], value[:-2], out=slope[1:-1])
        # At the edges there is one neighbour only.
        slope[0], slope[-1] = 2 * (value[1] - value[0]), 2 * (value[-1] - value[-2])
    found[1:] /= 2
    return found


def beyond(
    one: Slopes,
    two: Slopes,
    corners: tuple[Corners, Corners],
    shape: tuple[int, int],
    *,
    likeness: float,
) -> NDArray[np.float64]:
    """Return y, x, in pixels, by which blocks of one picture lie beyond those of another.

    One step of Lucas and Kanade (1981), with the slopes of both pictures.

    Args:
        one: The reference.
        two: The moving picture.
        corners: Where the blocks lie in the reference, and in the moving picture.
        shape: Of each block.
        likeness: Correlation that the two blocks of a pair must have.

    Returns:
        Axes (block, 2); NaN where two are unlike, or do not tell, as slopes of noise do not.
    """
    found = np.full((len(corners[0]), 2), np.nan)
    a, b = _blocks(one, corners[0], shape), _blocks(two, corners[1], shape)
    for each in (a, b):
        each[0] -= each[0].mean(axis=(1, 2), keepdims=True)
    squares = [np.einsum("nyx,nyx->n", each[0], each[0]) for each in (a, b)]
    length = np.sqrt(squares[0] * squares[1])
    is_like = (length > 0) & (np.einsum("nyx,nyx->n", a[0], b[0]) >= likeness * length)
    if not is_like.all():
        a, b = a[:, is_like], b[:, is_like]
    # The two may differ in brightness.
    b *= np.sqrt(squares[0][is_like] / squares[1][is_like])[:, None, None]
    apart = a[0] - b[0]
    slopes = a[1:] + b[1:]
    slopes /= 2
    weights = taper(shape)[::_EVERY, ::_EVERY]
    weighted = slopes * weights
    normal = np.einsum("inyx,jnyx->nij", weighted, slopes).astype(float)
    aim = np.einsum("inyx,nyx->ni", weighted, apart).astype(float)
    smaller, larger = np.linalg.eigvalsh(normal).T
    is_told = smaller * _LARGEST_CONDITION >= larger
    is_told &= larger > 0
    steps = np.linalg.solve(normal[is_told], aim[is_told][:, :, None])[:, :, 0]
    # With m their mean and d half their difference, two slopes have the product m^2 - d^2.
    differing = (a[1:, is_told] - b[1:, is_told]) / 2
    differing *= differing
    unlike = np.einsum("inyx,yx->n", differing, weights)
    alike = np.trace(normal[is_told], axis1=1, axis2=2)
    is_noise = alike - unlike < _LIKE_SLOPES * (alike + unlike)
    steps[is_noise & (np.abs(steps).max(axis=1, initial=0) <= SETTLED)] = np.nan
    found[np.flatnonzero(is_like)[is_told]] = steps
    return found


def _blocks(slopes: Slopes, corners: Corners, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return copies of the blocks that begin at these corners, axes (3, block, y, x)."""
    every = np.lib.stride_tricks.sliding_window_view(slopes, shape, axis=(1, 2))
    return every[:, corners[:, 0], corners[:, 1], ::_EVERY, ::_EVERY]


@lru_cache(maxsize=256)
def taper(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return weights that fall to the edges of a block, where content comes and goes."""
    return np.outer(*(np.hanning(pixels + 2)[1:-1] for pixels in shape)).astype(np.float32)
