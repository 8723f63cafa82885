"""Refine a shift to a fraction of a pixel by laying one region over the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels, dot, overlap_slices
from tasks.estimate.prepare import Prepared

_STEPS = 30
_CLOSE = 3e-3
"""Pixels; smaller steps are not worth taking."""

_LARGEST_STEP = 1.0
"""Pixels per step, which keeps a step inside what the gradients know about."""

_EDGES = (2, 4, 4)
"""Pixels at a region's edge, axes (z, y, x): what the spline reaches, and where smoothing along y
and x knows only one side."""

_MOST_NOISE = 0.1
"""Share of the gradients' energy that is the sample's, as low as it is believed."""

_FLAT = 1e-3
"""An axis whose gradients are weaker than this part of the strongest is left as it is."""


Overlaid = tuple[Pixels, Pixels, Mask | None]
"""Two regions where they overlap, the second shifted and as bright as the first, and which of the
pixels count; None: all."""


Pulls = tuple[list[Pixels], list[Pixels], Pixels]
"""What pulls on a shift: the gradients of two regions along the free axes, and their difference."""


@dataclass(frozen=True)
class Laid:
    """Two regions ready to be laid over each other at any shift."""

    reference: Pixels
    spline: Pixels
    """Coefficients of the moving region's cubic spline."""
    ours: Mask | None
    theirs: Mask | None
    """Which pixels count, away from those that do not; None: all."""

    @classmethod
    def of(cls, reference: Prepared, moving: Prepared, free: NDArray[np.bool_]) -> Laid:
        """Prepare the moving region for shifts along the free axes."""
        spline = moving.values
        for axis in np.flatnonzero(free):
            spline = ndimage.spline_filter1d(spline, order=3, axis=int(axis), output=np.float32)
        return cls(reference.values, spline, _inside(reference.valid), _inside(moving.valid))

    def at(self, shift: NDArray[np.float64], free: NDArray[np.bool_]) -> Overlaid | None:
        """Return both where they overlap; None where that is too little, or they are opposite."""
        whole = tuple(int(n) for n in np.floor(shift))
        here, there = overlap_slices(self.reference.shape, self.spline.shape, whole)
        edges = [_EDGES[n] if free[n] else 0 for n in range(3)]
        inner, outer = (
            tuple(slice(p.start + edge, p.stop - edge) for p, edge in zip(part, edges, strict=True))
            for part in (here, there)
        )
        ours = self.reference[inner]
        if any(n < (3 if free[axis] else 1) for axis, n in enumerate(ours.shape)):
            # A gradient needs three pixels.
            return None
        theirs = self.spline
        for axis in range(3):
            theirs = _along(
                theirs,
                axis,
                first=outer[axis].start,
                length=ours.shape[axis],
                rest=shift[axis] - whole[axis],
                free=bool(free[axis]),
            )
        counts = None if self.ours is None else self.ours[inner]
        if self.theirs is not None:
            counts = self.theirs[outer] if counts is None else counts & self.theirs[outer]
        counted = theirs if counts is None else theirs * counts
        energy, product = dot(counted, theirs), dot(ours, counted)
        if energy <= 0 or product <= 0:
            return None
        return ours, theirs * np.float32(product / energy), counts


@dataclass(frozen=True)
class Refined:
    """A shift to a fraction of a pixel, and what it was found on."""

    shift: NDArray[np.float64]
    """Pixels, axes (z, y, x)."""
    free: NDArray[np.bool_]
    """Along which axes the shift is not whole."""
    pulls: tuple[Pulls, ...]
    """Of each pair that overlaps enough, at the shift or closer to it than counts."""


def refine(
    regions: Sequence[tuple[Prepared, Prepared]], shift: NDArray[np.float64]
) -> Refined | None:
    """Return the shift at which the pairs' correlation is largest, near a given one.

    Gauss-Newton steps on the difference between the reference and the shifted moving region, with
    the mean of both gradients (Lucas & Kanade 1981; symmetric as in Benhimane & Malis 2004), made
    longer by what noise takes from them.
    Without noise the true shift is a fixed point, whatever the overlap.

    Args:
        regions: Reference and moving region of one or more places, which share one shift.
        shift: Where to start, in pixels, within a few pixels of the truth.

    Returns:
        None when the steps lead away or nothing has gradients.
    """
    start = np.asarray(shift, dtype=np.float64)
    found = start.copy()
    free = free_axes(regions, start)
    pairs = tuple(Laid.of(reference, moving, free) for reference, moving in regions)
    axes = np.flatnonzero(free)
    for _ in range(_STEPS):
        overlaid = (pair.at(found, free) for pair in pairs)
        pulling = tuple(_pulls(laid, axes) for laid in overlaid if laid is not None)
        step = _step(pulling, axes)
        if step is None:
            return None
        found += step
        if np.max(abs(found - start)) > _too_far(regions):
            return None
        if np.max(abs(step)) < _CLOSE:
            return Refined(shift=found, free=free, pulls=pulling)
    return None


def free_axes(
    regions: Sequence[tuple[Prepared, Prepared]], shift: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return along which of z, y, x enough pixels overlap for a shift that is not whole."""
    whole = tuple(int(n) for n in np.floor(shift))
    shapes = [
        reference.values[
            overlap_slices(reference.values.shape, moving.values.shape, whole)[0]
        ].shape
        for reference, moving in regions
    ]
    # A gradient needs three pixels, and a step may take one away.
    return np.array([min(shape[n] for shape in shapes) >= 2 * _EDGES[n] + 4 for n in range(3)])


def _inside(valid: Mask | None) -> Mask | None:
    if valid is None:
        return None
    inside: Mask = ndimage.binary_erosion(valid, np.ones((1, 9, 9), bool), border_value=1)
    return inside


def _too_far(regions: Sequence[tuple[Prepared, Prepared]]) -> float:
    return max(4.0, 0.03 * float(min(min(r.values.shape[1:]) for r, _ in regions)))


def _pulls(laid: Overlaid, axes: NDArray[np.intp]) -> Pulls:
    """Return the gradients of both along some axes, and their difference, inside the overlap."""
    ours, theirs, counts = laid
    inner = tuple(slice(1, -1) if axis in axes else slice(None) for axis in range(3))
    gradients: list[list[Pixels]] = []
    for each in (ours, theirs):
        along = []
        for axis in axes:
            before, after = (
                tuple(part if n == axis else inner[n] for n in range(3))
                for part in (slice(None, -2), slice(2, None))
            )
            gradient = each[after] - each[before]
            gradient *= np.float32(0.5)
            if counts is not None:
                gradient *= counts[inner]
            along.append(gradient)
        gradients.append(along)
    return gradients[0], gradients[1], ours[inner] - theirs[inner]


def _step(pulling: Sequence[Pulls], axes: NDArray[np.intp]) -> NDArray[np.float64] | None:
    normal = np.zeros((len(axes), len(axes)))
    right = np.zeros(len(axes))
    common = 0.0
    for ours, theirs, difference in pulling:
        common += sum(dot(one, two) for one, two in zip(ours, theirs, strict=True))
        means = [(one + two) * np.float32(0.5) for one, two in zip(ours, theirs, strict=True)]
        for n, one in enumerate(means):
            # Adding to the shift moves the content towards larger coordinates: minus the gradient.
            right[n] -= dot(one, difference)
            for k in range(n, len(axes)):
                normal[n, k] += dot(one, means[k])
                normal[k, n] = normal[n, k]
    strength = np.diag(normal)
    known = strength > _FLAT * strength.max(initial=0)
    if not known.any():
        return None
    # Noise adds to the gradients' squares, not to the product of the one side's and the other's.
    damping = min(1.0, max(_MOST_NOISE, common / float(strength.sum())))
    step = np.zeros(3)
    step[axes[known]] = (
        np.linalg.lstsq(normal[known][:, known], right[known], rcond=1e-6)[0] / damping
    )
    return np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)


def _along(
    spline: Pixels, axis: int, *, first: int, length: int, rest: float, free: bool
) -> Pixels:
    """Return the cubic spline's values `rest` pixels before the places from `first` on.

    Weights of the cubic B-spline (Unser 1999, doi.org/10.1109/79.799930). A shift is the same at
    all pixels, so each axis takes one set of four weights.
    """

    def moved(by: int) -> Pixels:
        return spline[(slice(None),) * axis + (slice(first + by, first + by + length),)]

    if not free:
        return moved(0)
    f = np.float32(1 - rest)
    value = moved(-2) * ((1 - f) ** 3 / 6)
    for by, weight in (
        (-1, 2 / 3 - f**2 + f**3 / 2),
        (0, 1 / 6 + (f + f**2 - f**3) / 2),
        (1, f**3 / 6),
    ):
        value += moved(by) * np.float32(weight)
    return value
