"""How many parts of the overlap confirm a shift by themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Pixels, Whole, overlap_slices
from tasks.estimate.prepare import Prepared
from tasks.estimate.turn import NO_TURN, Turn, find_turn

_TILES = 8
"""Tiles along each of y and x."""

_SMALLEST_TILE = 6
"""Pixels; less holds no structure that could be found again."""

_SEARCH = 4
"""Pixels around the shift in which every tile looks for its own best place."""

_AGREES = 1
"""Pixels by which a tile's own place may differ."""

_CLEAR = 0.5
"""Correlation of a tile's own best place from which on it is believed."""

_FINE_ENOUGH = 6.0
"""Pixels of half width of the content; coarser content is averaged down to this."""

_ROUND = 0.1
"""Weakest over strongest direction of a place's edges; a straight edge has none, a disc 1."""

_QUIET = 15
"""Percentile of the tiles' energy that counts as noise."""


@dataclass(frozen=True)
class Support:
    """What the tiles of the overlap say about a shift. Shares are weighted by content."""

    share: float
    """Tiles whose own best place agrees."""
    share_elsewhere: float
    """The same without the strongest tile and its neighbours: one object is no proof."""
    coverage: float
    """Tiles that agree, each counted the same, with content or without."""
    weight_elsewhere: float
    """Share of the agreement that lies away from the strongest tile."""
    places: int
    """Separate places that agree, each at least a tenth as strong as the strongest, and each with
    edges in more than one direction: along a straight edge every shift matches."""
    turn: Turn = NO_TURN
    """By how much the tiles' own best places are turned."""


NO_SUPPORT = Support(share=0.0, share_elsewhere=0.0, coverage=0.0, weight_elsewhere=0.0, places=0)


def find_support(
    reference: Prepared, moving: Prepared, shift: Whole, width: NDArray[np.float64]
) -> Support:
    """Let every tile of the overlap look for its own best place near a shift.

    Two unrelated frames can be laid so that one bright object covers another; then one tile agrees
    and the others do not. Where the content is the same, tiles agree all over.

    Args:
        reference: The reference region.
        moving: The moving region, prepared with the same factor.
        shift: Whole pixels that lead from the moving region to the reference.
        width: Half width of the content per axis, in pixels.
    """
    here, there = overlap_slices(reference.values.shape, moving.values.shape, shift)
    factor = max(1, int(max(width[1:]) / _FINE_ENOUGH))
    ours = _averaged(reference.values[here], factor)
    theirs = _averaged(moving.values[there], factor)
    tile = _tile_shape(ours.shape)
    if tile is None:
        return NO_SUPPORT
    correlation, ours_energy, theirs_energy = _search(ours, theirs, tile)
    best = correlation.argmax(axis=0)
    side = 2 * _SEARCH + 1
    agrees = (abs(best // side - _SEARCH) <= _AGREES) & (abs(best % side - _SEARCH) <= _AGREES)
    centre = correlation[_SEARCH * side + _SEARCH]
    agrees &= centre > 0

    content = np.sqrt(_above_quiet(ours_energy) * _above_quiet(theirs_energy))
    voices = np.where(agrees, content * centre, 0)
    if voices.sum() <= 0:
        return NO_SUPPORT
    reach = [max(1, int(np.ceil(2 * w / factor / t))) for w, t in zip(width[1:], tile, strict=True)]
    strongest = np.unravel_index(int(voices.argmax()), voices.shape)
    row, column = np.indices(voices.shape)
    elsewhere = (abs(row - strongest[0]) > reach[0]) | (abs(column - strongest[1]) > reach[1])
    return Support(
        share=_share(content, agrees),
        share_elsewhere=_share(content[elsewhere], agrees[elsewhere]),
        coverage=float(agrees.mean()),
        weight_elsewhere=float(voices[elsewhere].sum() / voices.sum()),
        places=_places(voices, reach, _edges(ours, theirs, tile)),
        turn=find_turn(
            np.stack([best // side - _SEARCH, best % side - _SEARCH]),
            np.where(correlation.max(axis=0) > _CLEAR, content, 0),
            tile,
        ),
    )


def _places(voices: NDArray[np.float64], reach: list[int], edges: NDArray[np.float64]) -> int:
    left = voices.copy()
    count = 0
    while left.max() > 0.1 * voices.max():
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        here = (
            slice(max(0, row - reach[0]), row + reach[0] + 1),
            slice(max(0, column - reach[1]), column + reach[1] + 1),
        )
        tensor = (edges[(slice(None), slice(None), *here)] * (left[here] > 0)).sum(axis=(2, 3))
        # The eigenvalues of two by two, which a library takes longer to call than to work out.
        mean = (tensor[0, 0] + tensor[1, 1]) / 2
        apart = np.hypot((tensor[0, 0] - tensor[1, 1]) / 2, tensor[0, 1])
        weak, strong = mean - apart, mean + apart
        left[here] = 0
        count += bool(weak >= _ROUND * strong)
    return count


def _edges(ours: Pixels, theirs: Pixels, tile: tuple[int, int]) -> NDArray[np.float64]:
    """Return, per tile, how strong the common edges are along y and x: a tensor (2, 2).

    The product of one side's and the other's gradients has no part that comes from noise.
    """
    one, two = (_gradients(side) for side in (ours, theirs))
    # Twice the gradients of each side: a quarter of their products.
    yy, xx = (_tile_sums(a * b, tile) / 4 for a, b in zip(one, two, strict=True))
    yx = _tile_sums(one[0] * two[1] + one[1] * two[0], tile) / 8
    return np.array([[yy, yx], [yx, xx]])


def _gradients(side: Pixels) -> tuple[Pixels, Pixels]:
    """Return by how much the pixels before and after differ, along y and x, away from the edges."""
    inner, before, after = (slice(_SEARCH + by, by - _SEARCH) for by in (0, -1, 1))
    return (
        side[:, after, inner] - side[:, before, inner],
        side[:, inner, after] - side[:, inner, before],
    )


def _share(content: NDArray[np.float64], agrees: NDArray[np.bool_]) -> float:
    total = float(content.sum())
    return float(content[agrees].sum()) / total if total > 0 else 0.0


def _above_quiet(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    ordered = np.sort(energy, axis=None)
    at = _QUIET / 100 * (ordered.size - 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, ordered.size - 1)]
    above: NDArray[np.float64] = np.maximum(energy - (low + (at - int(at)) * (high - low)), 0)
    return above


def _averaged(values: Pixels, factor: int) -> Pixels:
    if factor == 1:
        return values
    planes, height, width = values.shape[0], *(n // factor for n in values.shape[1:])
    blocks = values[:, : height * factor, : width * factor]
    averaged: Pixels = blocks.reshape(planes, height, factor, width, factor).mean(axis=(2, 4))
    return averaged


def _tile_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    height, width = (n - 2 * _SEARCH for n in shape[1:])
    tile = (max(_SMALLEST_TILE, height // _TILES), max(_SMALLEST_TILE, width // _TILES))
    enough = height // tile[0] >= 3 and width // tile[1] >= 3  # noqa: PLR2004 - one may be left out
    return tile if enough else None


def _search(
    ours: Pixels, theirs: Pixels, tile: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Return each tile's correlation at every place of the search, and both energies in place.

    The places are numbered row by row, from the moving region's last pixels to its first.
    """
    height, width = (n - 2 * _SEARCH for n in ours.shape[1:])
    inner = ours[:, _SEARCH : _SEARCH + height, _SEARCH : _SEARCH + width]
    ours_energy = _tile_sums(inner**2, tile)
    rows, columns = ours_energy.shape
    side = 2 * _SEARCH + 1
    wide = tuple(n + 2 * _SEARCH for n in tile)
    shape = tuple(fft.next_fast_len(n, real=True) for n in wide)
    blocks = inner[:, : rows * tile[0], : columns * tile[1]]
    blocks = blocks.reshape(-1, rows, tile[0], columns, tile[1]).swapaxes(2, 3)
    windows = sliding_window_view(theirs, wide, axis=(1, 2))[:, :: tile[0], :: tile[1]]
    spectrum = fft.rfft2(windows[:, :rows, :columns], shape)
    spectrum *= fft.rfft2(blocks, shape).conj()
    product = fft.irfft2(spectrum.sum(axis=0), shape)[..., side - 1 :: -1, side - 1 :: -1]
    energies = _window_energies(theirs, tile, (rows, columns))
    energy = np.maximum(ours_energy[..., None, None] * energies, 1e-12)
    found = (product / np.sqrt(energy)).reshape(rows, columns, side**2).transpose(2, 0, 1)
    return found, ours_energy, energies[..., _SEARCH, _SEARCH]


def _window_energies(
    values: Pixels, tile: tuple[int, int], count: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the sum of squares at every place of the search, per tile: (rows, columns, y, x)."""
    energies: NDArray[np.float64] = np.square(values[0], dtype=np.float64)
    for plane in values[1:]:
        energies += np.square(plane, dtype=np.float64)
    places = np.arange(2 * _SEARCH, -1, -1)[:, None]
    for axis in (0, 2):
        # From the sums up to each place; the places' own axis comes before the tiles'.
        length, number = tile[axis // 2], count[axis // 2]
        shape = list(energies.shape)
        shape[axis] += 1
        sums = np.zeros(shape)
        np.cumsum(energies, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
        first = places + length * np.arange(number)
        energies = sums.take(first + length, axis=axis) - sums.take(first, axis=axis)
    return energies.transpose(1, 3, 0, 2)


def _tile_sums(values: Pixels, tile: tuple[int, int]) -> NDArray[np.float64]:
    flat = values[0] if len(values) == 1 else values.sum(axis=0, dtype=np.float64)
    rows, columns = flat.shape[0] // tile[0], flat.shape[1] // tile[1]
    # Down the rows first, which lie in order.
    tall = flat[: rows * tile[0]].reshape(rows, tile[0], -1).sum(axis=1)[:, : columns * tile[1]]
    sums: NDArray[np.float64] = tall.reshape(rows, columns, -1).sum(axis=2, dtype=np.float64)
    return sums
