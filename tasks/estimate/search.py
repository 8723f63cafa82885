"""Look for the shifts of one prepared pair of regions, best first, and judge each by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.blocks import refine_at_level
from tasks.estimate.candidate import (
    ONLY_PATTERN,
    UNMOVED,
    Limits,
    Match,
    RegionPixels,
    nothing,
)
from tasks.estimate.correlation import CorrelationMap, correlation_map
from tasks.estimate.grain import is_of_pixels
from tasks.estimate.judge import Evidence, doubts, doubts_near
from tasks.estimate.overlap import Mask, Whole, overlap_correlation
from tasks.estimate.peaks import LOBE, Peak, best_peak, rival_of
from tasks.estimate.precision import standard_error
from tasks.estimate.prepare import Prepared
from tasks.estimate.refine import refine
from tasks.estimate.static import NEAR, is_still, what_stands_still
from tasks.estimate.support import find_support
from tasks.estimate.whiten import whiten

SEARCHED_OVERLAP = 0.3
"""Share of the region that any shift in the search leaves; further ones match by chance."""

ACCEPTED_OVERLAP = 0.5
"""Share of the region that an accepted shift leaves, where no largest shift is given."""

_PATTERNS = 3
"""Patterns to look behind: one that stands still, one where fields were cut, and one more."""


@dataclass(frozen=True)
class View:
    """Two regions as they are compared, and how well they match at every shift."""

    name: str
    """`plain` or `phase`."""
    ours: Prepared
    theirs: Prepared
    found: CorrelationMap

    def without(self, shift: Whole, reach: NDArray[np.float64]) -> View:
        """Return the view without what matches around a shift, which hides lower peaks."""
        values = self.found.values.copy()
        place = (n - first for n, first in zip(shift, self.found.first, strict=True))
        around = tuple(
            slice(max(0, at - far), at + far + 1)
            for at, far in zip(place, np.ceil(reach).astype(int), strict=True)
        )
        values[around] = 0
        return dataclasses.replace(self, found=dataclasses.replace(self.found, values=values))

    def within(self, shift: Whole, reach: Whole) -> View:
        """Return the view with nothing but the peaks that lie near a shift."""
        values = np.zeros_like(self.found.values)
        place = [n - first for n, first in zip(shift, self.found.first, strict=True)]
        window = tuple(
            slice(max(0, at - far), max(0, at + far + 1))
            for at, far in zip(place, reach, strict=True)
        )
        values[window] = self.found.values[window]
        return dataclasses.replace(self, found=dataclasses.replace(self.found, values=values))


@dataclass(frozen=True)
class Search:
    """What is needed to find and to judge the shifts of a region."""

    reference: RegionPixels
    moving: RegionPixels
    plain: View
    padding: Mask | None
    """Where both regions hold no picture, at the size of what is compared."""
    limits: Limits
    strangers: Callable[[], Iterable[tuple[Prepared, Prepared]]]
    """Gives other regions, prepared alike."""

    @classmethod
    def of(
        cls,
        regions: tuple[RegionPixels, RegionPixels],
        prepared: tuple[Prepared, Prepared],
        padding: Mask | None,
        limits: Limits,
        strangers: Callable[[], Iterable[tuple[Prepared, Prepared]]],
    ) -> Search:
        """Return the search with the plain view."""
        view = View("plain", *prepared, correlation_map(*prepared, SEARCHED_OVERLAP))
        return cls(*regions, view, padding, limits, strangers)

    def phase(self) -> View:
        """Return the phase-only view."""
        ours, theirs = whiten(self.plain.ours), whiten(self.plain.theirs)
        return View("phase", ours, theirs, correlation_map(ours, theirs, SEARCHED_OVERLAP))

    def candidates(self, view: View, most: int, *, near: bool = False) -> Iterator[Match]:
        """Yield the best shifts of a view, each judged by itself; at least one.

        What the camera makes hides the sample's own peak, which may be lower: it is left out.

        Args:
            view: Where to look.
            most: How many to yield.
            near: Judge as one that lies where others say that it should.
        """
        patterns = given = 0
        left = view
        while patterns < _PATTERNS and given < most:
            peak = best_peak(left.found)
            if peak is None:
                break
            match = self._judged(view, peak, is_first=not patterns, near=near)
            if match is None:
                patterns += 1
                around = np.array([len(view.found.values), NEAR + 1, NEAR + 1])
                view, left = view.without(peak.shift, around), left.without(peak.shift, around)
                continue
            yield match
            given += 1
            left = left.without(peak.shift, LOBE * peak.width)
        if not given:
            yield nothing(ONLY_PATTERN if patterns else "nothing matches")

    def _judged(self, view: View, peak: Peak, *, is_first: bool, near: bool) -> Match | None:
        """Return what a peak is worth; None if it may be a pattern of the camera."""
        plain, ours, theirs = self.plain, view.ours, view.theirs
        start = np.array(peak.shift, dtype=np.float64)
        place = refine([(ours, theirs)], start)
        shift = start if place is None else place
        whole = tuple(int(n) for n in np.rint(shift))
        support = find_support(ours, theirs, whole, peak.width)
        correlation = overlap_correlation(
            plain.ours.values, plain.theirs.values, plain.ours.valid, plain.theirs.valid, whole
        )
        if is_of_pixels(plain.ours, plain.theirs, whole):
            return None
        remark = ""
        if is_still(shift):
            matching = what_stands_still(
                plain.ours,
                plain.theirs,
                tuple(self.strangers()),
                whole[0],
                correlation=correlation,
                coverage=support.coverage,
            )
            if matching == "pattern":
                return None
            if matching == "looks like sample":
                remark = UNMOVED
        at_level = shift * (1, ours.factor, ours.factor)
        fine = None if place is None else self._refined_at_level(at_level, ours.factor)
        at_level = at_level if fine is None else fine
        rival = rival_of(view.found, peak.shift, peak.width)
        evidence = Evidence(
            phase=view.name == "phase",
            correlation=correlation,
            rival=rival,
            support=support,
            plain_rival=0.0,
            plain_weight_elsewhere=support.weight_elsewhere,
            refined=fine is not None,
            error=np.inf if place is None else standard_error(ours, theirs, place),
            width=float(peak.width[1:].max()),
            beyond=self._beyond(at_level),
        )
        if evidence.phase:
            in_plain = find_support(plain.ours, plain.theirs, whole, peak.width)
            evidence = dataclasses.replace(
                evidence,
                plain_rival=rival_of(plain.found, whole, peak.width),
                plain_weight_elsewhere=in_plain.weight_elsewhere,
            )
        reasons = doubts_near(evidence) if near else doubts(evidence)
        if reasons and not is_first:
            reasons = (ONLY_PATTERN, *reasons)
        return Match(
            shift=(float(at_level[0]), float(at_level[1]), float(at_level[2])),
            score=correlation,
            rival=rival,
            support=support.share,
            view=view.name,
            doubts=reasons,
            remark=remark,
            evidence=evidence,
        )

    def _refined_at_level(
        self, start: NDArray[np.float64], factor: int
    ) -> NDArray[np.float64] | None:
        return refine_at_level(
            (self.reference, self.moving),
            start,
            factor=factor,
            padding=self.padding,
            lower_quantile=self.limits.lower_quantile,
            upper_quantile=self.limits.upper_quantile,
        )

    def _beyond(self, shift: NDArray[np.float64]) -> bool:
        if self.limits.max_shift is not None:
            return bool(np.any(abs(shift) > np.array(self.limits.max_shift)))
        here = [
            max(0.0, min(n, other + by) - max(0.0, by))
            for n, other, by in zip(self.reference.shape, self.moving.shape, shift, strict=True)
        ]
        whole = [min(pair) for pair in zip(self.reference.shape, self.moving.shape, strict=True)]
        return bool(np.prod(here) < ACCEPTED_OVERLAP * np.prod(whole))
