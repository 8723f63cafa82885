"""Look for the shifts of one prepared pair of regions, best first, and judge each by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.blocks import Place, refine_at_level
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
from tasks.estimate.judge import Evidence, doubts, doubts_near, has_common
from tasks.estimate.overlap import Mask, Whole, overlap_correlation
from tasks.estimate.peaks import LOBE, Peak, best_peak, rival_of
from tasks.estimate.prepare import Prepared, coarser
from tasks.estimate.second_movement import find_second_movement
from tasks.estimate.static import NEAR, is_still, what_stands_still
from tasks.estimate.support import find_support
from tasks.estimate.whiten import whiten

SEARCHED_OVERLAP = 0.3
"""Share of the region that any shift in the search leaves; further ones match by chance."""

ACCEPTED_OVERLAP = 0.5
"""Share of the region that an accepted shift leaves, where no largest shift is given."""

_SMALL = 2**13
"""Pixels; the full map of a smaller region takes no more time than the coarse one."""

_STEP = 2
"""Pixels along y and x that are averaged for the coarse map."""

_UNSURE, _SURER = 0.2, 0.75
"""Pixels of standard error from which on a place is worked out in the phase-only view as well, and
share of that error below which it counts: in noise both views are as unsure."""

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
    step: int = 1
    """Pixels of the regions per pixel of the map, along y and x."""

    def without(self, shift: Whole, reach: NDArray[np.float64]) -> View:
        """Return the view without what matches around a shift, which hides lower peaks."""
        values = self.found.values.copy()
        place = (n - first for n, first in zip(shift, self.found.first, strict=True))
        around = tuple(
            slice(max(0, at - far), max(0, at + far + 1))
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

    regions: tuple[RegionPixels, RegionPixels]
    """In the reference and in the moving acquisition, at the level."""
    prepared: tuple[Prepared, Prepared]
    hidden: tuple[Mask | None, Mask | None]
    """Where each of the regions holds no picture, at the level; None: nowhere."""
    limits: Limits
    strangers: Callable[[], Iterable[tuple[Prepared, Prepared]]]
    """Gives other regions, prepared alike."""

    def coarse(self) -> View | None:
        """Return the plain view with a map of coarser pixels; None if the regions are small."""
        ours, theirs = self.prepared
        if max(ours.values.size, theirs.values.size) <= _SMALL:
            return None
        found = correlation_map(coarser(ours, _STEP), coarser(theirs, _STEP), SEARCHED_OVERLAP)
        return View("plain", ours, theirs, found, _STEP)

    @cached_property
    def plain(self) -> View:
        """The plain view."""
        return View("plain", *self.prepared, correlation_map(*self.prepared, SEARCHED_OVERLAP))

    @cached_property
    def phase(self) -> View:
        """The phase-only view."""
        ours, theirs = (whiten(each) for each in self.prepared)
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
        ours, theirs = self.prepared
        placed = self._placed(view, peak)
        shift = placed.shift / (1, ours.factor, ours.factor)
        width = peak.width * (1, view.step, view.step)
        whole = tuple(int(n) for n in np.rint(shift))
        support = find_support(view.ours, view.theirs, whole, width)
        correlation = overlap_correlation(
            ours.values, theirs.values, ours.valid, theirs.valid, whole
        )
        # The phase-only view spreads a single object over the whole field.
        in_plain = support if view.name == "plain" else find_support(ours, theirs, whole, width)
        if is_of_pixels(ours, theirs, whole):
            return None
        remark = ""
        if is_still(ours, theirs, shift):
            matching = what_stands_still(
                ours,
                theirs,
                tuple(self.strangers()),
                whole,
                correlation=correlation,
                coverage=in_plain.coverage,
            )
            if matching == "pattern":
                return None
            if matching == "looks like sample" and np.max(abs(shift[1:])) <= NEAR:
                remark = UNMOVED
        rival = rival_of(view.found, peak.shift, peak.width)
        evidence = Evidence(
            phase=view.name == "phase",
            correlation=correlation,
            rival=rival,
            support=support,
            plain_rival=(rival_of(self.plain.found, whole, width) if view.name == "phase" else 0.0),
            plain_weight_elsewhere=in_plain.weight_elsewhere,
            refined=np.isfinite(placed.error),
            error=placed.error,
            width=float(width[1:].max()),
            beyond=self._beyond(placed.shift),
        )
        reasons = doubts_near(evidence) if near else doubts(evidence)
        if not reasons or has_common(evidence):
            second = find_second_movement(view.ours, view.theirs, shift, width)
            evidence = dataclasses.replace(evidence, second=second)
            reasons = doubts_near(evidence) if near else doubts(evidence)
        if reasons and not is_first:
            reasons = (ONLY_PATTERN, *reasons)
        return Match(
            shift=(float(placed.shift[0]), float(placed.shift[1]), float(placed.shift[2])),
            score=correlation,
            rival=rival,
            support=support.share,
            view=view.name,
            doubts=reasons,
            remark=remark,
            evidence=evidence,
        )

    def _placed(self, view: View, peak: Peak) -> Place:
        """Return where a peak lies on full pixels, and the error on those that are compared.

        The error is infinite where the place could not be confirmed.
        """
        factor = np.array([1, self.prepared[0].factor, self.prepared[0].factor])
        start = peak.between * (1, view.step, view.step) * factor
        by_phase = view.name == "phase"
        place = self._refined(start, most=float(factor[1]) if by_phase else np.inf, white=by_phase)
        if place is None:
            return Place(start, np.inf)
        if not by_phase and place.error > _UNSURE * float(factor[1]):
            # What moved by itself pulls on the plain view more than on the other.
            other = self._refined(place.shift, most=np.inf, white=True)
            if other is not None and other.error < _SURER * place.error:
                place = other
        return Place(place.shift, place.error / float(factor[1]))

    def _refined(self, start: NDArray[np.float64], *, most: float, white: bool) -> Place | None:
        return refine_at_level(
            self.regions,
            start,
            most=most,
            hidden=self.hidden,
            lower_quantile=self.limits.lower_quantile,
            upper_quantile=self.limits.upper_quantile,
            white=white,
        )

    def _beyond(self, shift: NDArray[np.float64]) -> bool:
        if self.limits.max_shift is not None:
            return bool(np.any(abs(shift) > np.array(self.limits.max_shift)))
        shapes = [region.shape for region in self.regions]
        here = [
            max(0.0, min(n, other + by) - max(0.0, by))
            for n, other, by in zip(*shapes, shift, strict=True)
        ]
        whole = [min(pair) for pair in zip(*shapes, strict=True)]
        return bool(np.prod(here) < ACCEPTED_OVERLAP * np.prod(whole))
