"""The normalised cross-correlation of two regions at every shift, over the true overlap."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Pixels, Whole
from tasks.estimate.prepare import Prepared

_MOST = 200
"""Maxima to look at; the first that lies apart from the best is nearly always among the first."""

_LEAST = 1e-6
"""Correlation that is more than nothing."""


@dataclass(frozen=True)
class CorrelationMap:
    """Correlation of every allowed shift, with 0 around; index 0 of each axis is `first`."""

    values: Pixels
    """From -1 to 1, weighted by the square root of the overlap: equally trustworthy everywhere.

    A correlation of n independent pixels scatters like 1 / sqrt(n) around 0.
    """
    first: Whole

    @cached_property
    def maxima(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The places that no neighbour exceeds, highest first, and their heights."""
        highest = self.values
        for axis in [n for n in range(highest.ndim) if highest.shape[n] > 1]:
            wider = highest.copy()
            before, after = (
                (slice(None),) * axis + (part,) for part in (slice(-1), slice(1, None))
            )
            np.maximum(wider[after], highest[before], out=wider[after])
            np.maximum(wider[before], highest[after], out=wider[before])
            highest = wider
        at = np.flatnonzero((self.values == highest) & (self.values > _LEAST))
        heights = self.values.reshape(-1)[at]
        order = np.argsort(-heights, kind="stable")[:_MOST]
        return np.stack(np.unravel_index(at[order], highest.shape), axis=1), heights[order]


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
    masks = None
    if reference.valid is not None or moving.valid is not None:
        masks = [
            np.ones(one.values.shape, np.float32)
            if one.valid is None
            else one.valid.astype(np.float32)
            for one in (reference, moving)
        ]
    pixels = float(min(reference.values.size, moving.values.size))
    if masks is not None:
        pixels = float(min(mask.sum() for mask in masks))
    sides = tuple(zip(reference.values.shape, moving.values.shape, strict=True))
    largest = float(np.prod([min(pair) for pair in sides], dtype=np.float64))
    spans = tuple(Span.of(*pair, min_overlap * pixels / largest) for pair in sides)
    shape = tuple(fft.next_fast_len(span.enough, real=True) for span in spans)
    # One plane stays as it is along z, which would take as long as any axis.
    axes = (0, 1, 2) if shape[0] > 1 else (1, 2)
    enough = shape[axes[0] :]

    def forward(values: Pixels) -> NDArray[np.complex64]:
        transformed: NDArray[np.complex64] = fft.rfftn(values, enough, axes)
        return transformed

    def backward(spectrum: NDArray[np.complex64]) -> Pixels:
        full = fft.irfftn(spectrum, enough, axes)
        ordered = np.empty([span.last - span.first + 1 for span in spans], np.float32)
        parts = [span.parts(n) for span, n in zip(spans, shape, strict=True)]
        for chosen in itertools.product(*parts):
            ordered[tuple(to for to, _ in chosen)] = full[tuple(at for _, at in chosen)]
        return ordered

    product = backward(forward(reference.values) * forward(moving.values).conj())
    if masks is None:
        overlap = np.ones((1, 1, 1), np.float32)
        for axis, span in enumerate(spans):
            first, last = span.covered()
            lengths = (last - first).astype(np.float32)
            overlap = overlap * lengths.reshape([-1 if n == axis else 1 for n in range(3)])
        energy = _sums(reference.values**2, spans)
        energy *= _sums(moving.values**2, [span.reversed() for span in spans])[::-1, ::-1, ::-1]
    else:
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
    return CorrelationMap(values=product, first=tuple(span.first for span in spans))


@dataclass(frozen=True)
class Span:
    """Along one axis, the shifts that may leave enough overlap, and one more on each side."""

    size: int
    """Pixels of the reference."""
    other: int
    """Pixels of the moving region."""
    first: int
    last: int

    @classmethod
    def of(cls, size: int, other: int, share: float) -> Span:
        """Return the shifts that leave at least this share of the smaller of two sizes."""
        overlap = max(1, int(np.ceil(share * min(size, other))) - 1)
        return cls(size, other, first=overlap - other, last=size - overlap)

    @property
    def enough(self) -> int:
        """Pixels of a transform in which no shift is taken for another."""
        return max(self.size - self.first, self.other + self.last)

    def reversed(self) -> Span:
        """Return the same shifts of the reference along the moving region."""
        return Span(self.other, self.size, -self.last, -self.first)

    def covered(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return, for every shift, where the two begin and end to overlap."""
        shifts = np.arange(self.first, self.last + 1)
        return np.maximum(0, shifts), np.minimum(self.size, self.other + shifts)

    def parts(self, length: int) -> tuple[tuple[slice, slice], ...]:
        """Return where shifts lie in order, and where in a transform: below 0 at its end."""
        below = -self.first
        return (
            (slice(below), slice(length - below, length)),
            (slice(below, None), slice(self.last + 1)),
        )


def _sums(values: Pixels, spans: Sequence[Span]) -> Pixels:
    """Return the sum over the overlap at every shift, of a region where all pixels count."""
    for axis, span in enumerate(spans):
        if span.size == span.other == 1:
            continue
        first, last = span.covered()
        sums = np.zeros([n + (along == axis) for along, n in enumerate(values.shape)])
        np.cumsum(values, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
        sums = sums.take(last, axis=axis) - sums.take(first, axis=axis)
        values = sums.astype(np.float32)
    return values
