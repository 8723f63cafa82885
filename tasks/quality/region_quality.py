"""What is known of how well one region of one image was registered."""

from __future__ import annotations

from typing import Literal

from tasks.plan.window import Frozen

Verdict = Literal["pass", "check", "fail", "nothing to judge"]

WORST_FIRST: tuple[Verdict, ...] = ("fail", "check", "nothing to judge", "pass")


class Agreement(Frozen):
    """How alike image and reference are in one channel: normalised cross-correlations, -1 to 1."""

    channel: str
    before: float | None
    """Where the region lay before its pixels moved. None where one of the two shows nothing."""
    after: float | None
    others: float | None
    """The highest agreement with the same region of other wells: what chance gives. Only the
    channel that is judged knows it."""


class Motion(Frozen):
    """What motion is left between image and reference, in pixels of the finest level."""

    places: int
    """Blocks in which both show something."""
    in_one_only: tuple[int, int] = (0, 0)
    """Blocks in which the reference alone shows something, and the image alone."""
    blocks: int = 0
    """All blocks; 0 where that was not counted."""
    clear: int
    """Of these, the blocks whose motion can be told."""
    median: float
    """Of the blocks' motions, their lengths."""
    largest: float
    """The 95th percentile of the lengths."""
    rotation: float | None
    """Degrees; None where too few blocks tell."""
    rotation_error: float | None
    """Standard error, degrees."""
    rotation_share: float | None
    """Part of the motion's variance that a turn and a change of scale explain."""
    in_corner: float | None
    """Pixels by which the rotation moves the region's corners."""
    parts: tuple[tuple[float, float], ...] = ()
    """Motion along y and x of each part, where parts of the region have moved by themselves."""
    arrows: tuple[tuple[float, float, float, float], ...] = ()
    """Per clear block y and x of its centre in the region, and its motion along y and x."""


class RegionQuality(Frozen):
    """One region of one image."""

    well: str
    """Row and column, such as `B/03`."""
    image: str
    acquisition: int
    region: str
    size: tuple[float, float]
    """Pixels of the finest level along y and x."""
    centre: tuple[float, float]
    """Where its centre lies in the image along y and x, as a share of the image's size."""
    shift: tuple[float, float, float]
    """Micrometers along z, y, x by which its pixels moved."""
    cut_away: float | None
    """Part of the region, as it was before the consensus, that is not there any more."""
    agreements: tuple[Agreement, ...]
    """The channel that is judged first; it is the one that agrees best."""
    motion: Motion | None
    """In the judged channel; None where there is nothing to compare."""
    verdict: Verdict
    reason: str
