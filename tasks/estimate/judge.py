"""When an estimated shift may be trusted: every threshold, and the reason given for a doubt."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.estimate.second_movement import SecondMovement
from tasks.estimate.support import Support
from tasks.plan.wording import counted

LEAST_CORRELATION = 0.2
"""Over the overlap; below it, less than a fifth of what is seen is common."""

MOST_RIVAL = 0.75
"""Height of the next best peak over the best one. Unrelated and periodic content exceed it."""

MOST_PLAIN_RIVAL = 0.85
"""The same in the plain view of a shift found by phase, which cannot see that a pattern repeats."""

LEAST_SHARE, LESS_THAN_RIVAL = 0.6, 0.05
"""Share of the content that confirms the shift by itself, and by how much it may be less than the
rival: what matches elsewhere nearly as well must agree in nearly all. Unrelated content mostly
stays under 0.1."""

LEAST_PHASE_SHARE = 0.85
"""The same in the phase-only view, where parts of one outline agree with parts of another."""

LEAST_ELSEWHERE = 0.4
"""The same away from the strongest object."""

LEAST_WEIGHT_ELSEWHERE = 0.1
"""Share of the agreement that lies away from the strongest object: its halo is less."""

ENOUGH_PLACES = 3
"""Separate places that agree. Two objects can lie alike in unrelated frames."""

TWO_PLACES_SHARE, TWO_PLACES_RIVAL = 0.5, 0.6
"""Share, here and elsewhere, and correlation that two places need at least, and rival at most. Of
500 pairs of unrelated fields with two to seven like objects none has that."""

MOST_TURN, SURE_TURN = 0.8, 4.0
"""Degrees, and standard errors of them, from which on a region is turned: at full resolution
its parts then no longer agree, on coarser pixels they still do."""

MOST_ERROR, MOST_OF_WIDTH = 0.6, 0.05
"""Pixels of standard error, or share of the peak's half width where that is more: organoids of a
hundred pixels need not be known to half a pixel. The real error is seldom more than twice that."""

MOST_ERROR_OF_A_PART, A_PART, CLEAN = 0.4, 0.75, 0.7
"""The same where less of the content confirms the shift, and no noise explains it, as the
correlation is higher: the rest moved and pulls the shift to one side."""


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
    second: SecondMovement | None = None
    """Another shift that a part of the region follows; looked for where `has_common`, or nothing
    is against the first."""


def doubts(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons not to trust a shift; none means that it is trusted.

    Each says what was measured, the limit, and where it helps, what to try.
    """
    support = evidence.support
    elsewhere = min(support.weight_elsewhere, evidence.plain_weight_elsewhere)
    rival, most_rival = max(
        (evidence.rival, MOST_RIVAL),
        (evidence.plain_rival, MOST_PLAIN_RIVAL),
        key=lambda each: each[0] / each[1],
    )
    least_share = (
        LEAST_PHASE_SHARE
        if evidence.phase
        else max(LEAST_SHARE, min(evidence.rival, MOST_RIVAL) - LESS_THAN_RIVAL)
    )
    reasons = {
        "the best match lies beyond the largest allowed shift (see max_shift_um)": evidence.beyond,
        f"the two have little in common there (correlation {evidence.correlation:.2f}, at least "
        f"{LEAST_CORRELATION:g}): try a stain that both show": (
            evidence.correlation < LEAST_CORRELATION
        ),
        f"another place matches {rival:.0%} as well (at most {most_rival:.0%}): the content "
        "repeats, or little of it is the same": rival > most_rival,
        f"only {support.share:.0%} of the content confirms it (at least {least_share:.0%})": (
            support.share < least_share
        ),
        f"away from the strongest object only {support.share_elsewhere:.0%} of the content "
        f"confirms it (at least {LEAST_ELSEWHERE:.0%})": (
            support.share_elsewhere < LEAST_ELSEWHERE
        ),
        f"nearly all that confirms it is one object, {elsewhere:.0%} lies elsewhere (at least "
        f"{LEAST_WEIGHT_ELSEWHERE:.0%})": elsewhere < LEAST_WEIGHT_ELSEWHERE,
        f"only {counted(support.places, 'separate place')} can confirm it, which objects do that "
        "lie alike by chance: take a larger region, or a stain that shows more": (
            support.places < ENOUGH_PLACES - 1
            or (support.places < ENOUGH_PLACES and not _two_are_enough(evidence))
        ),
        "its place could not be found to a fraction of a pixel": not evidence.refined,
        f"its place is uncertain by {evidence.error:.2g} pixels": _is_uncertain(evidence),
        _turned(evidence): bool(_turned(evidence)),
        in_two_parts(evidence): evidence.second is not None,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def has_common(evidence: Evidence) -> bool:
    """Return whether so much is common that what is not may have moved by itself."""
    return evidence.correlation >= LEAST_CORRELATION and evidence.support.share >= NEAR_SHARE


def in_two_parts(evidence: Evidence) -> str:
    """Return what is told of a region in which a part moved by itself; empty if none did."""
    if evidence.second is None:
        return ""
    return (
        f"it moved in two parts: {evidence.second.share:.0%} as much as follows this shift follows "
        "another one: take regions that moved as one"
    )


def _two_are_enough(evidence: Evidence) -> bool:
    support = evidence.support
    least = min(support.share, support.share_elsewhere, evidence.correlation)
    return least >= TWO_PLACES_SHARE and evidence.rival <= TWO_PLACES_RIVAL


def _turned(evidence: Evidence) -> str:
    turn = evidence.support.turn
    if abs(turn.degrees) < max(MOST_TURN, SURE_TURN * turn.error):
        return ""
    return (
        f"it is turned by {abs(turn.degrees):.1f} +/- {turn.error:.1f} degrees (at most "
        f"{MOST_TURN:g}), which no shift undoes: put the plate in straight, or take smaller regions"
    )


NEAR_CORRELATION, NEAR_RIVAL, NEAR_SHARE, NEAR_PHASE_SHARE = 0.15, 0.85, 0.4, 0.6
"""The same in a small window around the place where others say that a shift lies."""


def doubts_near(evidence: Evidence) -> tuple[str, ...]:
    """Return the reasons not to trust a shift that lies where others say that it should.

    Unrelated content matches anywhere: that it matches in a small window is unlikely by itself.
    """
    least_share = NEAR_PHASE_SHARE if evidence.phase else NEAR_SHARE
    reasons = {
        "the best match lies beyond the largest allowed shift": evidence.beyond,
        f"the two have little in common there (correlation {evidence.correlation:.2f}, at least "
        f"{NEAR_CORRELATION:g})": evidence.correlation < NEAR_CORRELATION,
        f"another place nearby matches {evidence.rival:.0%} as well (at most {NEAR_RIVAL:.0%})": (
            evidence.rival > NEAR_RIVAL
        ),
        f"only {evidence.support.share:.0%} of the content confirms it (at least "
        f"{least_share:.0%})": evidence.support.share < least_share,
        "no place with edges in two directions confirms it": evidence.support.places < 1,
        "its place could not be found to a fraction of a pixel": not evidence.refined,
        f"its place is uncertain by {evidence.error:.2g} pixels": _is_uncertain(evidence),
        _turned(evidence): bool(_turned(evidence)),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _is_uncertain(evidence: Evidence) -> bool:
    of_part = evidence.support.share < A_PART and evidence.correlation > CLEAN
    most = max(MOST_ERROR_OF_A_PART if of_part else MOST_ERROR, MOST_OF_WIDTH * evidence.width)
    return evidence.refined and evidence.error > most
