"""Shifts between the acquisitions of one field add up: what two say of a third."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.movement.evidence import Translation

AGREES = 2.0
"""Pixels of the pyramid level within which two ways to one shift say the same."""

_ERRORS = 4.0
"""Standard errors that two ways may differ by, where that is more."""


@dataclass(frozen=True)
class Link:
    """The shift between two acquisitions of one field."""

    image: int
    """Acquisition that is moved."""
    reference: int
    """Acquisition that it is moved to."""
    translation: Translation
    error: float
    """Standard error along y or x, micrometers."""
    is_sure: bool

    def reversed(self) -> Link:
        """Return the shift the other way round."""
        z, y, x = (-n for n in self.translation)
        return Link(self.reference, self.image, (z, y, x), self.error, self.is_sure)


@dataclass(frozen=True)
class Chain:
    """A shift found over a third acquisition, from two that are sure."""

    over: int
    translation: Translation
    error: float


def chains(image: int, reference: int, links: Sequence[Link]) -> tuple[Chain, ...]:
    """Return the shifts over each third acquisition to which both have a sure one.

    Args:
        image: Acquisition that is moved.
        reference: Acquisition that it is moved to.
        links: Shifts of the same field, each given in one direction or the other.
    """
    sure = [way for link in links if link.is_sure for way in (link, link.reversed())]
    first = {link.reference: link for link in sure if link.image == image}
    second = {link.image: link for link in sure if link.reference == reference}
    found = []
    for third in sorted(first.keys() & second.keys() - {image, reference}):
        z, y, x = np.add(first[third].translation, second[third].translation)
        error = float(np.hypot(first[third].error, second[third].error))
        found.append(Chain(third, (float(z), float(y), float(x)), error))
    return tuple(found)


def closes(translation: Translation, error: float, chain: Chain, pixel: Translation) -> bool:
    """Return whether a shift and one over a third acquisition are the same.

    Args:
        translation: The shift, micrometers along z, y, x.
        error: Its standard error along y or x, micrometers.
        chain: The other way.
        pixel: Micrometers per pixel of the level along z, y, x.
    """
    away = abs(np.subtract(translation, chain.translation))
    most = np.maximum(AGREES * np.array(pixel), _ERRORS * np.hypot(error, chain.error))
    return bool(np.all(away <= most))
