"""Find the shift between one region of two acquisitions, and say whether it can be trusted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.blocks import refine_at_level
from tasks.estimate.correlation import CorrelationMap, correlation_map
from tasks.estimate.grain import is_of_pixels
from tasks.estimate.judge import Evidence, doubts
from tasks.estimate.overlap import Mask, Whole, overlap_correlation
from tasks.estimate.padding import find_padding
from tasks.estimate.peaks import best_peak, rival_of
from tasks.estimate.precision import standard_error
from tasks.estimate.prepare import (
    Prepared,
    UnusableRegionError,
    average,
    prepare,
    working_factor,
)
from tasks.estimate.refine import refine
from tasks.estimate.static import NEAR, is_still, what_stands_still
from tasks.estimate.support import find_support
from tasks.estimate.whiten import whiten

SEARCHED_OVERLAP = 0.3
"""Share of the region that any shift in the search leaves; further ones match by chance."""

ACCEPTED_OVERLAP = 0.5
"""Share of the region that an accepted shift leaves, where no largest shift is given."""

UNMOVED = (
    "it matches where it is; so would dirt on the camera that looks like sample, and there is no "
    "other field with enough in it to tell them apart"
)

ONLY_PATTERN = "only a pattern of the camera matches"

_PATTERNS = 3
"""Patterns to look behind: one that stands still, one where fields were cut, and one more."""

RegionPixels = NDArray[Any]
RegionPair = tuple[RegionPixels, RegionPixels]


@dataclass(frozen=True)
class Limits:
    """What to look for, in pixels of the pyramid level."""

    lower_quantile: float = 0.0
    upper_quantile: float = 0.99
    max_shift: tuple[float, float, float] | None = None
    """Largest believable shift, axes (z, y, x); None: half of the region must still overlap."""


@dataclass(frozen=True)
class Match:
    """The best shift of a region and what speaks for and against it."""

    shift: tuple[float, float, float]
    """Pixels of the pyramid level, axes (z, y, x), that lead from the moving region to the
    reference; scikit-image's phase_cross_correlation(reference, moving) has the same sign."""
    score: float
    """Correlation over the overlap, from -1 to 1; 0 where nothing was found."""
    rival: float
    """Height of the next best peak, as a share of the best one's; 1 where nothing was found."""
    support: float
    """Share of the content that confirms the shift by itself."""
    view: str
    """`plain` or `phase`: in which view the shift was found."""
    doubts: tuple[str, ...]
    """Reasons not to trust it; none means that it is trusted."""
    remark: str = ""
    """What a person should know of a shift that is trusted."""

    @property
    def confident(self) -> bool:
        """Whether nothing speaks against the shift."""
        return not self.doubts


def no_strangers() -> Sequence[RegionPair]:
    """Return no other regions: there are none to compare with."""
    return ()


def match_region(
    reference: RegionPixels,
    moving: RegionPixels,
    limits: Limits,
    strangers: Callable[[], Sequence[RegionPair]] = no_strangers,
) -> Match:
    """Find the shift of one region.

    All shifts are ranked by their normalised cross-correlation over the true overlap, in a plain
    and in a phase-only view of the regions; the best is refined and then has to stand every test
    of `tasks.estimate.judge`.

    Args:
        reference: The region in the reference, axes (z, y, x), at one pyramid level.
        moving: The region in the moving acquisition at the same level; its shape may differ.
        limits: What to look for.
        strangers: Gives other regions of the two images, read only when a match at shift 0 has to
            be told from a standing pattern.
    """
    factor = max(working_factor(reference.shape), working_factor(moving.shape))

    def ready(region: RegionPixels, padding: Mask | None) -> Prepared:
        return prepare(
            region,
            lower_quantile=limits.lower_quantile,
            upper_quantile=limits.upper_quantile,
            factor=factor,
            padding=padding,
        )

    padding = None
    if reference.shape == moving.shape:
        padding = find_padding(average(reference, factor)[0], average(moving, factor)[0])
    prepared: list[Prepared] = []
    for whose, region in (("reference", reference), ("moving region", moving)):
        try:
            prepared.append(ready(region, padding))
        except UnusableRegionError as unusable:
            return _nothing(f"the {whose} cannot be compared: {unusable}")

    def others() -> Iterator[tuple[Prepared, Prepared]]:
        for pair in strangers():
            try:
                one, two = (ready(region, None) for region in pair)
            except UnusableRegionError:
                continue
            yield one, two

    everywhere = correlation_map(prepared[0], prepared[1], SEARCHED_OVERLAP)
    search = _Search(
        reference, moving, prepared[0], prepared[1], everywhere, padding, limits, others
    )
    plain = search.best("plain")
    if plain.confident:
        return plain
    phase = search.best("phase")
    return phase if phase.confident else plain


@dataclass(frozen=True)
class _Search:
    reference: RegionPixels
    moving: RegionPixels
    ours: Prepared
    theirs: Prepared
    everywhere: CorrelationMap
    """In the plain view."""
    padding: Mask | None
    """Where both regions hold no picture, at the size of `ours`."""
    limits: Limits
    strangers: Callable[[], Iterator[tuple[Prepared, Prepared]]]

    def best(self, view: str) -> Match:
        ours, theirs, found = self.ours, self.theirs, self.everywhere
        if view == "phase":
            ours, theirs = whiten(ours), whiten(theirs)
            found = correlation_map(ours, theirs, SEARCHED_OVERLAP)
        is_first = True
        for _ in range(_PATTERNS):
            match = self._judged(found, ours, theirs, view, is_first=is_first)
            if isinstance(match, Match):
                return match
            # What the camera makes hides the sample's own peak, which may be lower.
            found, is_first = _without(found, match), False
        return _nothing(ONLY_PATTERN)

    def _judged(
        self,
        found: CorrelationMap,
        ours: Prepared,
        theirs: Prepared,
        view: str,
        *,
        is_first: bool,
    ) -> Match | Whole:
        """Return the best match of a map; only its place if it may be a pattern of the camera."""
        peak = best_peak(found)
        if peak is None:
            return _nothing("nothing matches")
        place = refine([(ours, theirs)], np.array(peak.shift, dtype=np.float64))
        refined = place is not None
        shift = np.array(peak.shift, dtype=np.float64) if place is None else place
        whole = tuple(int(n) for n in np.rint(shift))
        support = find_support(ours, theirs, whole, peak.width)
        correlation = overlap_correlation(
            self.ours.values, self.theirs.values, self.ours.valid, self.theirs.valid, whole
        )
        if is_of_pixels(self.ours, self.theirs, whole):
            return peak.shift
        remark = ""
        if is_still(shift):
            matching = what_stands_still(
                self.ours,
                self.theirs,
                tuple(self.strangers()),
                whole[0],
                correlation=correlation,
                coverage=support.coverage,
            )
            if matching == "pattern":
                return peak.shift
            if matching == "looks like sample":
                remark = UNMOVED
        at_level = shift * (1, ours.factor, ours.factor)
        if refined:
            fine = refine_at_level(
                (self.reference, self.moving),
                at_level,
                factor=ours.factor,
                padding=self.padding,
                lower_quantile=self.limits.lower_quantile,
                upper_quantile=self.limits.upper_quantile,
            )
            refined = fine is not None
            at_level = at_level if fine is None else fine
        evidence = Evidence(
            phase=view == "phase",
            correlation=correlation,
            rival=peak.rival / peak.height,
            support=support,
            plain_rival=0.0,
            plain_weight_elsewhere=support.weight_elsewhere,
            refined=refined,
            error=np.inf if place is None else standard_error(ours, theirs, place),
            width=float(peak.width[1:].max()),
            beyond=self._beyond(at_level),
        )
        if view == "phase":
            plain = find_support(self.ours, self.theirs, whole, peak.width)
            evidence = dataclasses.replace(
                evidence,
                plain_rival=rival_of(self.everywhere, whole, peak.width),
                plain_weight_elsewhere=plain.weight_elsewhere,
            )
        reasons = doubts(evidence)
        if reasons and not is_first:
            reasons = (ONLY_PATTERN, *reasons)
        return Match(
            shift=(float(at_level[0]), float(at_level[1]), float(at_level[2])),
            score=correlation,
            rival=peak.rival / peak.height,
            support=support.share,
            view=view,
            doubts=reasons,
            remark=remark,
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


def _without(found: CorrelationMap, place: Whole) -> CorrelationMap:
    values = found.values.copy()
    _, y, x = (n - first for n, first in zip(place, found.first, strict=True))
    reach = int(np.ceil(NEAR)) + 1
    values[:, max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = 0
    return dataclasses.replace(found, values=values)


def _nothing(reason: str) -> Match:
    return Match(
        shift=(0.0, 0.0, 0.0),
        score=0.0,
        rival=1.0,
        support=0.0,
        view="plain",
        doubts=(reason,),
    )
