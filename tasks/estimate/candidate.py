"""A shift that a region proposes, what speaks for it, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tasks.estimate.judge import Evidence

RegionPixels = NDArray[Any]
RegionPair = tuple[RegionPixels, RegionPixels]
"""A region in the reference and in the moving acquisition, axes (z, y, x)."""

UNMOVED = (
    "it matches where it is; so would dirt on the camera that looks like sample, and there is no "
    "other field with enough in it to tell them apart"
)

ONLY_PATTERN = "only a pattern of the camera matches"


@dataclass(frozen=True)
class Limits:
    """What to look for, in pixels of the pyramid level."""

    lower_quantile: float = 0.0
    upper_quantile: float = 0.99
    max_shift: tuple[float, float, float] | None = None
    """Largest believable shift, axes (z, y, x); None: half of the region must still overlap."""


@dataclass(frozen=True)
class Match:
    """One shift of a region and what speaks for and against it."""

    shift: tuple[float, float, float]
    """Pixels of the pyramid level, axes (z, y, x), that lead from the moving region to the
    reference; scikit-image's phase_cross_correlation(reference, moving) has the same sign."""
    score: float
    """Correlation over the overlap, from -1 to 1; 0 where nothing was found."""
    rival: float
    """Height of the best other peak, as a share of this one's; 1 where nothing was found."""
    support: float
    """Share of the content that confirms the shift by itself."""
    view: str
    """`plain` or `phase`: in which view the shift was found."""
    doubts: tuple[str, ...]
    """Reasons not to trust it; none means that it is trusted."""
    remark: str = ""
    """What a person should know of a shift that is trusted."""
    evidence: Evidence | None = None
    """What was measured; None where nothing was found."""

    @property
    def confident(self) -> bool:
        """Whether nothing speaks against the shift."""
        return not self.doubts


def nothing(reason: str) -> Match:
    """Return what stands for a region in which nothing was found."""
    return Match(
        shift=(0.0, 0.0, 0.0), score=0.0, rival=1.0, support=0.0, view="plain", doubts=(reason,)
    )
