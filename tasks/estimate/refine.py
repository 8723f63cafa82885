"""Refine a shift to a fraction of a pixel by laying one region over the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # type: ignore[import-untyped]  # has no type information

from tasks.estimate.overlap import Mask, Pixels, overlap_slices
from tasks.estimate.prepare import Prepared

_STEPS = 30
_CLOSE = 1e-3
"""Pixels; smaller steps are not worth taking."""

_LARGEST_STEP = 1.0
"""Pixels per step, which keeps a step inside what the gradients know about."""

_FEW = 4
"""Along an axis with no more pixels the shift stays whole: there is too little between them."""

_EDGES = (2, 4, 4)
"""Pixels at a region's edge, axes (z, y, x): what the spline reaches, and where smoothing along y
and x knows only one side."""

_FLAT = 1e-3
"""An axis whose gradients are weaker than this part of the strongest is left as it is."""


def refine(
    regions: Sequence[tuple[Prepared, Prepared]], shift: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the shift at which the pairs' correlation is largest, near a given one.

    Gauss-Newton steps on the difference between the reference and the shifted moving region, with
    the mean of both gradients (Lucas & Kanade 1981; symmetric as in Benhimane & Malis 2004).
    Without noise the true shift is a fixed point, whatever the overlap.

    Args:
        regions: Reference and moving region of one or more places, which share one shift.
        shift: Where to start, in pixels, within a few pixels of the truth.

    Returns:
        Pixels, axes (z, y, x); None when the steps lead away or nothing has gradients.
    """
    start = np.asarray(shift, dtype=np.float64)
    found = start.copy()
    free = np.array(
        [
            min(min(r.values.shape[n], m.values.shape[n]) for r, m in regions)
            > max(_FEW, 2 * _EDGES[n])
            for n in range(3)
        ]
    )
    pairs = [_Pair.of(reference, moving, free) for reference, moving in regions]
    for _ in range(_STEPS):
        step = _step(pairs, found, free)
        if step is None:
            return None
        found += step
        if np.max(abs(found - start)) > _too_far(regions):
            return None
        if np.max(abs(step)) < _CLOSE:
            return found
    return None


@dataclass(frozen=True)
class _Pair:
    reference: Pixels
    spline: Pixels
    """Coefficients of the moving region's cubic spline."""
    ours: Mask | None
    theirs: Mask | None
    """Which pixels count, away from those that do not; None: all."""

    @classmethod
    def of(cls, reference: Prepared, moving: Prepared, free: NDArray[np.bool_]) -> _Pair:
        spline = moving.values
        for axis in np.flatnonzero(free):
            spline = ndimage.spline_filter1d(spline, order=3, axis=int(axis), output=np.float32)
        return cls(reference.values, spline, _inside(reference.valid), _inside(moving.valid))

    def laid(
        self, shift: NDArray[np.float64], free: NDArray[np.bool_]
    ) -> tuple[Pixels, Pixels, Mask] | None:
        """Return reference and shifted moving region where they overlap, and what counts."""
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
        counts = np.ones(ours.shape, bool) if self.ours is None else self.ours[inner]
        return ours, theirs, counts if self.theirs is None else counts & self.theirs[outer]


def _inside(valid: Mask) -> Mask | None:
    if valid.all():
        return None
    inside: Mask = ndimage.binary_erosion(valid, np.ones((1, 9, 9), bool), border_value=1)
    return inside


def _too_far(regions: Sequence[tuple[Prepared, Prepared]]) -> float:
    return max(4.0, 0.03 * float(min(min(r.values.shape[1:]) for r, _ in regions)))


def _step(
    pairs: Sequence[_Pair], shift: NDArray[np.float64], free: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    normal = np.zeros((3, 3))
    right = np.zeros(3)
    for pair in pairs:
        laid = pair.laid(shift, free)
        if laid is None:
            continue
        ours, theirs, counts = laid
        energy = float(np.vdot(theirs * counts, theirs))
        product = float(np.vdot(ours * counts, theirs))
        if energy <= 0 or product <= 0:
            continue
        theirs = theirs * np.float32(product / energy)
        gradients = [
            np.gradient((ours + theirs) / 2, axis=n) * counts if free[n] else np.zeros_like(ours)
            for n in range(3)
        ]
        difference = ours - theirs
        for n in range(3):
            # Adding to the shift moves the content towards larger coordinates: minus the gradient.
            right[n] -= float(np.vdot(gradients[n], difference))
            for k in range(n, 3):
                normal[n, k] += float(np.vdot(gradients[n], gradients[k]))
                normal[k, n] = normal[n, k]
    strength = np.diag(normal)
    known = strength > _FLAT * strength.max()
    if not known.any():
        return None
    step = np.zeros(3)
    step[known] = np.linalg.lstsq(normal[np.ix_(known, known)], right[known], rcond=1e-6)[0]
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
    value: Pixels = (
        (1 - f) ** 3 / 6 * moved(-2)
        + (2 / 3 - f**2 + f**3 / 2) * moved(-1)
        + (1 / 6 + (f + f**2 - f**3) / 2) * moved(0)
        + f**3 / 6 * moved(1)
    )
    return value
