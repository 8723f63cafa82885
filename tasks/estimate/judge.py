"""When an estimated shift may be trusted: every threshold, and the reason given for a doubt."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.estimate.support import Support

LEAST_CORRELATION = 0.2
"""Over the overlap; below it, less than a fifth of what is seen is common."""

MOST_RIVAL = 0.75
"""Height of the next best peak over the best one. Unrelated and periodic content exceed it."""

MOST_PLAIN_RIVAL = 0.85
"""The same in the plain view of a shift found by phase, which cannot see that a pattern repeats."""

LEAST_SHARE = 0.6
"""Share of the content that confirms the shift by itself. Unrelated content stays under 0.1."""

LEAST_PHASE_SHARE = 0.85
"""The same in the phase-only view, where parts of one outline agree with parts of another."""

LEAST_ELSEWHERE = 0.4
"""The same away from the strongest object."""

LEAST_WEIGHT_ELSEWHERE = 0.1
"""Share of the agreement that lies away from the strongest object: its halo is less."""

ENOUGH_PLACES = 3
"""Separate places that agree. Two objects can lie alike in unrelated frames."""

TWO_PLACES_SHARE = 0.9
"""Share, here and elsewhere, and correlation that two places need, such as two large organoids."""


MOST_ERROR, MOST_OF_WIDTH = 0.6, 0.05
"""Pixels of standard error, or share of the peak's half width where that is more: organoids of a
hundred pixels need not be known to half a pixel. The real error is seldom more than twice that."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for one shift."""

    phase: bool
    """Whether it was found in the phase-only view."""

    correlation: float
    """Over the true overlap, background taken off, from -1 to 1."""
    rival: float
    """Height of the best other peak, as a share of this one's."""
    plain_rival: float
    """The same in the plain view."""
    plain_weight_elsewhere: float
    """Share of the agreement away from the strongest object, in the plain view.

    The phase-only view spreads a single object over the whole field.
    """
    support: Support
    refined: bool
    """Whether the place was confirmed to a fraction of a pixel."""
    error: float
    """Standard error of the place along y or x, in pixels."""
    width: float
    """Half width of the peak along y or x, in pixels: how large the content is."""
    beyond: bool
    """Whether the shift exceeds what was allowed."""


def doubts(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons not to trust a shift; none means that it is trusted."""
    support = evidence.support
    two_places = min(support.share, support.share_elsewhere, evidence.correlation)
    reasons = {
        "the best match lies beyond the largest allowed shift": evidence.beyond,
        f"correlation {evidence.correlation:.2f} is under {LEAST_CORRELATION:g}": (
            evidence.correlation < LEAST_CORRELATION
        ),
        f"another shift matches {max(evidence.rival, evidence.plain_rival):.0%} as well": (
            evidence.rival > MOST_RIVAL or evidence.plain_rival > MOST_PLAIN_RIVAL
        ),
        f"only {support.share:.0%} of the content agrees": (
            support.share < (LEAST_PHASE_SHARE if evidence.phase else LEAST_SHARE)
        ),
        f"away from the strongest object only {support.share_elsewhere:.0%} agrees": (
            support.share_elsewhere < LEAST_ELSEWHERE
            or min(support.weight_elsewhere, evidence.plain_weight_elsewhere)
            < LEAST_WEIGHT_ELSEWHERE
        ),
        f"only {support.places} places agree": (
            support.places < ENOUGH_PLACES
            and not (support.places == ENOUGH_PLACES - 1 and two_places >= TWO_PLACES_SHARE)
        ),
        "it could not be refined": not evidence.refined,
        f"its place is uncertain by {evidence.error:.2g} pixels": _is_uncertain(evidence),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


NEAR_CORRELATION, NEAR_RIVAL, NEAR_SHARE = 0.15, 0.85, 0.55
"""The same in a small window around the place where others say that a shift lies."""


def doubts_near(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons not to trust a shift that lies where others say that it should.

    Unrelated content matches anywhere: that it matches in a small window is unlikely by itself.
    """
    reasons = {
        "the best match lies beyond the largest allowed shift": evidence.beyond,
        f"correlation {evidence.correlation:.2f} is under {NEAR_CORRELATION:g}": (
            evidence.correlation < NEAR_CORRELATION
        ),
        f"another shift nearby matches {evidence.rival:.0%} as well": evidence.rival > NEAR_RIVAL,
        f"only {evidence.support.share:.0%} of the content agrees": (
            evidence.support.share < NEAR_SHARE
        ),
        "no place with edges in two directions agrees": evidence.support.places < 1,
        "it could not be refined": not evidence.refined,
        f"its place is uncertain by {evidence.error:.2g} pixels": _is_uncertain(evidence),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _is_uncertain(evidence: Evidence) -> bool:
    most = max(MOST_ERROR, MOST_OF_WIDTH * evidence.width)
    return evidence.refined and evidence.error > most
