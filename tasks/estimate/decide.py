"""What becomes of each region: its own shift, the neighbours', none, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.estimate.candidate import Match

OnLowConfidence = Literal["neighbours", "fail", "zero"]
Decision = Literal["estimated", "unmoved", "supported", "neighbours", "zero", "refused"]
"""`estimated` alone says that nothing speaks against the region's own shift."""

Translation = tuple[float, float, float]
"""Micrometers along z, y, x, from the image to its reference."""

AGREES = 2.0
"""Pixels of the pyramid level: a doubtful match this close to the neighbours' is theirs as well."""

SUPPORTED_RIVAL = 0.95
"""A doubtful match must still be the best by this much to be supported."""

FEW = 3
"""Neighbours from which on an outlier can be told."""

APART = 0.05
"""Share of the region's shorter side by which neighbours may differ; a stage errs by less."""


@dataclass(frozen=True)
class Found:
    """One region's match, in micrometers."""

    name: str
    match: Match
    translation: Translation
    pixel: Translation
    """Micrometers per pixel of the level along z, y, x."""
    side: float
    """Shorter side of the region, micrometers."""


@dataclass(frozen=True)
class Decided:
    """What is done with one region."""

    name: str
    translation: Translation
    decision: Decision
    reason: str
    """Empty where nothing speaks against the region's own estimate."""


def decide(found: Sequence[Found], on_low_confidence: OnLowConfidence) -> tuple[Decided, ...]:
    """Decide on all regions of an image together.

    A confident estimate is taken, unless it lies far from its neighbours' median while these agree.
    A doubtful one that lies where the neighbours do is supported by them. The rest follows the
    policy: the neighbours' median, zero, or refusal. Where no neighbour is confident, or confident
    ones disagree, `neighbours` is a refusal too.

    A confident one that may be dirt on the camera is `unmoved` where no neighbour is confident,
    and a refusal if the policy is `fail`; it lends its shift to no other region. Where neighbours
    are confident, it is estimated if it lies where they do, else doubtful.

    Args:
        found: The matches of all regions of one image.
        on_low_confidence: The policy.
    """
    decided = []
    for region in found:
        others = [other for other in found if other is not region and _is_sure(other)]
        reason = "; ".join(region.match.doubts)
        if _is_sure(region):
            reason = _outlier(region, others)
            if not reason:
                decided.append(Decided(region.name, region.translation, "estimated", ""))
                continue
        elif region.match.confident:
            reason = region.match.remark
            if others and _agrees(region, others):
                decided.append(Decided(region.name, region.translation, "estimated", ""))
                continue
            if not others and on_low_confidence != "fail":
                decided.append(Decided(region.name, region.translation, "unmoved", reason))
                continue
        elif _supported(region, others):
            decided.append(Decided(region.name, region.translation, "supported", reason))
            continue
        decided.append(_doubtful(region, others, reason, on_low_confidence))
    return tuple(decided)


def _doubtful(
    region: Found, others: Sequence[Found], reason: str, policy: OnLowConfidence
) -> Decided:
    if policy == "zero":
        return Decided(region.name, (0.0, 0.0, 0.0), "zero", reason)
    if policy == "neighbours" and others:
        if _spread(others) <= APART * region.side:
            return Decided(region.name, _median(others), "neighbours", reason)
        reason += "; its neighbours disagree"
    elif policy == "neighbours":
        reason += "; it has no confident neighbour"
    return Decided(region.name, (0.0, 0.0, 0.0), "refused", reason)


def _outlier(region: Found, others: Sequence[Found]) -> str:
    if len(others) < FEW or _spread(others) > APART * region.side:
        return ""
    middle = _median(others)
    distance = float(np.max(np.abs(np.subtract(region.translation, middle)[1:])))
    if distance <= APART * region.side:
        return ""
    return f"it lies {distance:.1f} micrometers from its neighbours, which agree"


def _supported(region: Found, others: Sequence[Found]) -> bool:
    if len(others) < FEW - 1 or region.match.rival > SUPPORTED_RIVAL or region.match.score <= 0:
        return False
    return _agrees(region, others)


def _is_sure(region: Found) -> bool:
    return region.match.confident and not region.match.remark


def _agrees(region: Found, others: Sequence[Found]) -> bool:
    away = np.abs(np.subtract(region.translation, _median(others)))
    return bool(np.all(away <= AGREES * np.array(region.pixel)))


def _median(others: Sequence[Found]) -> Translation:
    z, y, x = np.median([other.translation for other in others], axis=0)
    return (float(z), float(y), float(x))


def _spread(others: Sequence[Found]) -> float:
    """Return how far the neighbours lie from their median, in micrometers, outliers left out."""
    away = np.abs(np.subtract([other.translation for other in others], _median(others)))
    return float(np.median(away.max(axis=1)))
