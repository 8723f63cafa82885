"""The normalised cross-correlation of two regions at every shift, over the true overlap."""

from __future__ import annotations

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

    ours = forward(reference.valid.astype(np.float32))
    theirs = forward(moving.valid.astype(np.float32)).conj()

    def backward(spectrum: NDArray[np.complex64]) -> Pixels:
        full = fft.irfftn(spectrum, shape)
        for axis, (n, other) in enumerate(spans):
            # Shifts -(other - 1) to n - 1, in order.
            full = np.take(full, range(-(other - 1), n), axis=axis, mode="wrap")
        ordered: Pixels = full
        return ordered

    overlap = backward(ours * theirs)
    pixels = float(min(np.count_nonzero(reference.valid), np.count_nonzero(moving.valid)))
    ours_energy = backward(forward(reference.values**2) * theirs)
    energy = ours_energy * backward(ours * forward(moving.values**2).conj())
    product = backward(forward(reference.values) * forward(moving.values).conj())
    # Regions that are flat after all have no energy anywhere.
    least = max(1e-8 * float(energy.max()), float(np.finfo(np.float32).tiny))
    allowed = (overlap >= max(1.0, min_overlap * pixels)) & (energy > least)
    correlation = np.where(allowed, product / np.sqrt(np.maximum(energy, least)), 0)
    weighted = correlation * np.sqrt(np.clip(overlap / pixels, 0, 1))
    return CorrelationMap(
        values=weighted.astype(np.float32), first=tuple(1 - other for _, other in spans)
    )
