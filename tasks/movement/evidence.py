"""What a field says of its own shift, before the well and the plate have spoken."""

from __future__ import annotations

from tasks.plan.window import Frozen

Translation = tuple[float, float, float]
"""Micrometers along z, y, x, from the image to its reference."""


class Candidate(Frozen):
    """One shift that a field may have had."""

    translation: Translation
    score: float
    """Correlation over the overlap, from -1 to 1."""
    rival: float
    """Height of the next best match, as a share of this one's."""
    error: float
    """Standard error along y or x, micrometers."""
    doubts: tuple[str, ...] = ()
    """Reasons not to trust it by itself."""
    remark: str = ""
    """Why it may be something that stands still, such as dirt on the camera; empty: it is not."""
    second: Translation | None = None
    """The shift that a part of the field follows instead; None: it moved as one."""

    @property
    def is_sure(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts and not self.remark


class Proposal(Frozen):
    """What one region of an image proposes."""

    region: str
    place: tuple[float, float]
    """Centre along y and x, micrometers from the well's origin, between where it lies in the image
    and in the reference."""
    side: float
    """Shorter side, micrometers."""
    corner: float
    """From its centre to a corner, micrometers."""
    pixel: Translation
    """Micrometers per pixel of the level along z, y, x."""
    candidates: tuple[Candidate, ...]
    """Best first; empty where nothing matches."""
    nothing: str = ""
    """Why nothing matches."""

    @property
    def best(self) -> Candidate | None:
        """The best candidate, sure or not."""
        return self.candidates[0] if self.candidates else None

    @property
    def is_sure(self) -> bool:
        """Whether the best candidate can be trusted by itself."""
        return bool(self.candidates) and self.candidates[0].is_sure


class ImageEvidence(Frozen):
    """What the regions of one image propose, each by itself."""

    well: str
    """Row and column, such as `B/03`."""
    image: str
    acquisition: int | None
    """None where the well does not say; other wells then say nothing of it."""
    reference: str
    """Name of the image of the reference acquisition that it was compared with."""
    reference_acquisition: int
    regions: tuple[Proposal, ...]
    """In the table's order."""
    warnings: tuple[str, ...] = ()
    """What a person should know of how images and regions were paired."""
