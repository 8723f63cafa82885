"""How much of an image is still there once its regions have moved."""

from __future__ import annotations

from tasks.plan.window import Frozen
from tasks.plan.wording import percent


class Kept(Frozen):
    """Shares of an image, from 0 to 1, that its regions keep."""

    area: float
    """Of the pixels along y and x, and z where there are planes."""
    content: float | None
    """Of the pixels that are not zero, as a sample of the coarsest level shows; None where all
    are."""

    @property
    def share(self) -> float:
        """What counts: of the content, where there is any; what was zero is not lost."""
        return self.area if self.content is None else self.content

    def __str__(self) -> str:
        area = f"{percent(self.area)} of the image's area"
        return area if self.content is None else f"{area}, {percent(self.content)} of its content"
