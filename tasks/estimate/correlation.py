"""The normalised cross-correlation of two regions at every shift, over the true overlap."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Pixels, Whole
from tasks.estimate.prepare import Prepared


@dataclass(frozen=True)
class CorrelationMap:
    """Correlation of every allowed shift; index 0 of each axis is the shift `first`."""

    values: Pixels
    """From -1 to 1, weighted by the square root of the overlap: equally trustworthy everywhere.

    A correlation of n independent pixels scatters like 1 / sqrt(n) around 0.
    """
    first: Whole


def correlation_map(reference: Prepared, moving: Prepared, min_overlap: float) -> CorrelationMap:
    """Return the correlation at every shift that leaves enough overlap.

    All sums over the changing overlap are correlations themselves, of the values, their squares
    and the masks (Padfield 2012, doi.org/10.1109/TIP.2011.2181402); the regions' backgrounds are
    0 already, so no local mean is taken off.

    Args:
        reference: The reference region.
        moving: The moving region; its shape may differ.
        min_overlap: Smallest allowed share of the smaller region's pixels.
    """
    spans = tuple(zip(reference.values.shape, moving.values.shape, strict=True))
    shape = tuple(fft.next_fast_len(a + b - 1, real=True) for a, b in spans)

    def forward(values: Pixels) -> NDArray[np.complex64]:
        transformed: NDArray[np.complex64] = fft.rfftn(values, shape)
        return transformed

    def backward(spectrum: NDArray[np.complex64]) -> Pixels:
        full = fft.irfftn(spectrum, shape)
        ordered = np.empty([a + b - 1 for a, b in spans], np.float32)
        # Shifts -(other - 1) to n - 1, in order: what wraps round to the end comes first.
        parts = [
            ((slice(b - 1), slice(n - b + 1, n)), (slice(b - 1, None), slice(a)))
            for (a, b), n in zip(spans, shape, strict=True)
        ]
        for chosen in itertools.product(*parts):
            ordered[tuple(to for to, _ in chosen)] = full[tuple(at for _, at in chosen)]
        return ordered

    product = backward(forward(reference.values) * forward(moving.values).conj())
    if reference.valid is None and moving.valid is None:
        pixels = float(min(reference.values.size, moving.values.size))
        overlap = np.ones((1, 1, 1), np.float32)
        for axis, (first, last) in enumerate(_covered(a, b) for a, b in spans):
            lengths = (last - first).astype(np.float32)
            overlap = overlap * lengths.reshape([-1 if n == axis else 1 for n in range(3)])
        energy = _sums(reference.values**2, spans)
        energy *= _sums(moving.values**2, [(b, a) for a, b in spans])[::-1, ::-1, ::-1]
    else:
        masks = [
            np.ones(one.values.shape, np.float32)
            if one.valid is None
            else one.valid.astype(np.float32)
            for one in (reference, moving)
        ]
        pixels = float(min(mask.sum() for mask in masks))
        ours, theirs = forward(masks[0]), forward(masks[1]).conj()
        overlap = backward(ours * theirs)
        energy = backward(forward(reference.values**2) * theirs)
        energy *= backward(ours * forward(moving.values**2).conj())
    # Regions that are flat after all have no energy anywhere.
    least = max(1e-8 * float(energy.max()), float(np.finfo(np.float32).tiny))
    allowed = (overlap >= max(1.0, min_overlap * pixels)) & (energy > least)
    product /= np.sqrt(np.maximum(energy, np.float32(least)))
    product *= np.sqrt(np.clip(overlap / np.float32(pixels), 0, 1))
    product *= allowed
    return CorrelationMap(values=product, first=tuple(1 - other for _, other in spans))


def _covered(size: int, other: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return, for every shift of another line along one, where they begin and end to overlap."""
    shifts = np.arange(1 - other, size)
    return np.maximum(0, shifts), np.minimum(size, other + shifts)


def _sums(values: Pixels, spans: Sequence[tuple[int, int]]) -> Pixels:
    """Return the sum over the overlap at every shift, of a region where all pixels count."""
    for axis, (size, other) in enumerate(spans):
        first, last = _covered(size, other)
        sums = np.zeros([n + (along == axis) for along, n in enumerate(values.shape)])
        np.cumsum(values, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
        sums = sums.take(last, axis=axis) - sums.take(first, axis=axis)
        values = sums.astype(np.float32)
    return values
