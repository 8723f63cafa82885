"""One region of an image beside the same region of its reference: what both show together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.candidate import Limits, Match, RegionPair
from tasks.estimate.match import propose
from tasks.estimate.near import match_near
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import Paired
from tasks.estimate.prepare import Prepared, working_factor
from tasks.estimate.references import References
from tasks.movement.evidence import Candidate, Proposal, Translation
from tasks.plan.region import Region

STRANGERS = 2
"""Other regions read to tell a standing camera pattern from a sample that did not move."""

Elsewhere = Callable[[int], Sequence[RegionPair]]
"""Gives at most so many regions of the same two acquisitions in other wells."""


def nowhere(_most: int) -> Sequence[RegionPair]:
    """Return no regions of other wells: there are none to compare with."""
    return ()


@dataclass(frozen=True)
class Field:
    """One region, by its number, in an image and its reference."""

    paired: Paired
    number: int
    options: EstimateOptions
    elsewhere: Elsewhere = nowhere
    references: References | None = None
    """Regions of the reference that were prepared for other acquisitions."""

    @property
    def name(self) -> str:
        """Name of the region."""
        return self.paired.regions[self.number][0].name

    @property
    def sides(self) -> tuple[float, float]:
        """Length along y and x, micrometers."""
        window = self.paired.reference.window(self.paired.regions[self.number][0])
        spacing = self.paired.reference.spacing
        return window.shape[1] * spacing[1], window.shape[2] * spacing[2]

    def propose(self, place: tuple[float, float]) -> Proposal:
        """Return what the region proposes by itself.

        Args:
            place: Its centre in the well, micrometers along y and x.
        """
        pair = self.read(self.paired.regions[self.number])
        matches = propose(*pair, self._limits(), self._strangers, keep=self._kept)
        return Proposal(
            region=self.name,
            place=place,
            side=min(self.sides),
            corner=float(np.hypot(*self.sides)) / 2,
            pixel=self.paired.reference.spacing,
            candidates=tuple(self._candidate(match, pair) for match in matches if match.evidence),
            nothing="; ".join(
                doubt for match in matches if not match.evidence for doubt in match.doubts
            ),
        )

    def look_near(
        self, expected: Translation, within: Translation, voices: int
    ) -> Candidate | None:
        """Return what matches where the region's shift must lie, or None if nothing does.

        Args:
            expected: Micrometers along z, y, x.
            within: Micrometers by which the shift may differ.
            voices: Fields or wells that agree on it, each by itself.
        """
        pair = self.read(self.paired.regions[self.number])
        spacing = np.array(self.paired.reference.spacing)
        z, y, x = (float(n) for n in np.array(expected) / spacing - self._corner())
        reach_z, reach_y, reach_x = (float(n) for n in np.array(within) / spacing)
        match = match_near(
            *pair,
            self._limits(),
            self._strangers,
            expected=(z, y, x),
            within=(reach_z, reach_y, reach_x),
            voices=voices,
        )
        # What stands still may be dirt wherever the sample is.
        return self._candidate(match, pair) if match.confident and not match.remark else None

    def read(self, regions: tuple[Region, Region]) -> RegionPair:
        """Read a region of the reference and of the image.

        Of a stack beside a plane it is the brightest pixel along z: a plane may be one of the
        stack's, or a projection of it.
        """
        levels = (self.paired.reference, self.paired.moving)
        one, two = (
            level.read(level.window(region)) for level, region in zip(levels, regions, strict=True)
        )
        if self.paired.is_flat:
            # The larger number of a number and none.
            return np.fmax.reduce(one, keepdims=True), np.fmax.reduce(two, keepdims=True)
        return one, two

    def _kept(self, factor: int, make: Callable[[], Prepared]) -> Prepared:
        if self.references is None:
            return make()
        level = self.paired.reference
        window = level.window(self.paired.regions[self.number][0])
        quantiles = self.options.lower_rescale_quantile, self.options.upper_rescale_quantile
        flat = self.paired.is_flat
        name = (level.image, level.path, level.channel, window, flat, factor, quantiles)
        return self.references.get(name, make)

    def _strangers(self) -> Sequence[RegionPair]:
        # The next ones in the table, from the start again behind the last; then other wells'.
        pairs = self.paired.regions
        others = [*pairs[self.number + 1 :], *pairs[: self.number]][:STRANGERS]
        own = [self.read(pair) for pair in others]
        return [*own, *(self.elsewhere(STRANGERS - len(own)) if len(own) < STRANGERS else ())]

    def _corner(self) -> NDArray[np.float64]:
        """Return what leads from inside the two windows to the images' coordinates, pixels."""
        ours, theirs = self.paired.regions[self.number]
        one, two = self.paired.reference.window(ours), self.paired.moving.window(theirs)
        corner = np.subtract(one.start, two.start).astype(np.float64)
        if self.paired.is_flat:
            corner[0] = 0
        return corner

    def _candidate(self, match: Match, pair: RegionPair) -> Candidate:
        spacing = self.paired.reference.spacing
        # The error is told in the pixels that a large region is averaged down to.
        factor = max(working_factor(region.shape) for region in pair)
        error = np.inf if match.evidence is None else match.evidence.error
        microns = error * factor * max(spacing[1:])
        second = None if match.evidence is None else match.evidence.second
        return Candidate(
            translation=self._in_micrometers(match.shift),
            score=match.score,
            rival=match.rival,
            error=float(microns) if np.isfinite(microns) else min(self.sides),
            doubts=match.doubts,
            remark=match.remark,
            second=(
                None
                if second is None
                else self._in_micrometers(np.array(second.shift) * (1, factor, factor))
            ),
        )

    def _in_micrometers(self, shift: Sequence[float] | NDArray[np.float64]) -> Translation:
        spacing = self.paired.reference.spacing
        z, y, x = (float(n) for n in (np.array(shift) + self._corner()) * spacing)
        return z, y, x

    def _limits(self) -> Limits:
        most, spacing = self.options.max_shift_um, self.paired.reference.spacing
        z, y, x = (0.0 if most is None else most / size for size in spacing)
        return Limits(
            lower_quantile=self.options.lower_rescale_quantile,
            upper_quantile=self.options.upper_rescale_quantile,
            max_shift=None if most is None else (z, y, x),
        )
