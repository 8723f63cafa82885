"""Find a region's shift where others say that it should lie, unless its content says otherwise."""

from __future__ import annotations

import dataclasses

import numpy as np

from tasks.estimate.candidate import Limits, Match, RegionPixels
from tasks.estimate.judge import LEAST_WEIGHT_ELSEWHERE, MOST_RIVAL, in_two_parts
from tasks.estimate.match import Strangers, no_strangers, open_search
from tasks.estimate.overlap import Whole, overlap_correlation, overlap_slices
from tasks.estimate.peaks import LOBE, best_peak
from tasks.estimate.search import Search, View
from tasks.estimate.support import find_support

_AWAY = "it leads away from where it should lie"

_AS_MUCH = 1.0
"""How much follows a shift elsewhere, as a share of what follows the one in the window, from which
on the content contradicts the others, however many they are."""

_SURE = 2
"""Other fields that agree on where a shift lies, from which on they decide for a content that
repeats or moved in two parts. One may itself have been taken for its neighbour."""

_HALF = 0.5
"""Share of the support that another place has at least where the content repeats; chance has
less."""

_ALL, _BETTER = 0.85, 0.03
"""Share of the content that another place has at least, and by how much it correlates better, where
the content says that it lies there: a lattice's end breaks the tie of its period."""

_LOOKED_AT = 3
"""Other places at most."""

_CUT, _ONE, _STRONG = 1.0, 3.0, 0.1
"""Half widths of the content from the edge of what both show within which one object is cut, and
from its strongest pixel that belong to it; share of that pixel that tells where it lies."""


def match_near(
    reference: RegionPixels,
    moving: RegionPixels,
    limits: Limits,
    strangers: Strangers = no_strangers,
    *,
    expected: tuple[float, float, float],
    within: tuple[float, float, float],
    voices: int,
) -> Match:
    """Find the shift of a region of which others say where it should lie.

    Only peaks in a window around the expected shift are looked at, in both views, and less
    evidence is enough (`tasks.estimate.judge.doubts_near`): what matches by chance matches
    elsewhere. A content that says elsewhere is not argued out of it; one that cannot tell needs
    more than one voice.

    Args:
        reference: The region in the reference, axes (z, y, x), at one pyramid level.
        moving: The region in the moving acquisition at the same level; its shape may differ.
        limits: What to look for.
        strangers: Read only when a match at shift 0 has to be told from a standing pattern.
        expected: Pixels of the level, axes (z, y, x), that should lead from the moving region to
            the reference.
        within: Pixels along each axis by which the shift may differ.
        voices: Fields or wells that agree on it, each by itself.
    """
    search = open_search(reference, moving, limits, strangers)
    if isinstance(search, Match):
        return search
    factor = (1, search.prepared[0].factor, search.prepared[0].factor)
    place = tuple(round(n / by) for n, by in zip(expected, factor, strict=True))
    reach = tuple(int(np.ceil(n / by)) for n, by in zip(within, factor, strict=True))

    def best(view: View) -> Match:
        (match,) = search.candidates(view.within(place, reach), 1, near=True)
        if np.any(np.abs(np.subtract(match.shift, expected)) > np.add(within, 1)):
            return dataclasses.replace(match, doubts=(*match.doubts, _AWAY))
        if match.confident:
            against = (
                _in_parts(match, place, reach, voices)
                or _cut(search, match)
                or _elsewhere(
                    view.without(place, np.array(reach, dtype=np.float64)),
                    float(view.within(place, reach).found.values.max()),
                    match,
                    voices,
                )
            )
            return dataclasses.replace(match, doubts=(against,) if against else ())
        return match

    plain = best(search.plain)
    if plain.confident:
        return plain
    phase = best(search.phase)
    return phase if phase.confident or not plain.evidence else plain


def _in_parts(match: Match, place: Whole, reach: Whole, voices: int) -> str:
    """Return what is told of a region that moved in two parts where others do not decide."""
    evidence = match.evidence
    if evidence is None or evidence.second is None:
        return ""
    away = np.abs(np.subtract(evidence.second.shift, place))
    is_outside = bool(np.any(away[1:] > np.array(reach[1:])))
    if is_outside and evidence.second.share < _AS_MUCH and voices >= _SURE:
        return ""
    return in_two_parts(evidence)


def _cut(search: Search, match: Match) -> str:
    """Return what speaks against a match of one object at the edge: each shows another part of it.

    Empty if more confirms it, or the object is whole.
    """
    evidence = match.evidence
    if evidence is None or evidence.support.places > 1:
        return ""
    if evidence.support.weight_elsewhere >= LEAST_WEIGHT_ELSEWHERE:
        return ""
    ours, theirs = (each.values for each in search.prepared)
    factor = np.array([1, search.prepared[0].factor, search.prepared[0].factor])
    shift = tuple(int(n) for n in np.rint(match.shift / factor))
    here, there = overlap_slices(ours.shape, theirs.shape, shift)
    common = (ours[here] * theirs[there]).sum(axis=0)
    # Another object, at another edge, would move the middle of both away from either.
    strongest = np.unravel_index(int(common.argmax()), common.shape)
    reach = int(np.ceil(_ONE * evidence.width))
    around = [slice(max(0, int(n) - reach), int(n) + reach + 1) for n in strongest]
    one = common[tuple(around)]
    one[one < _STRONG * one.max()] = 0
    edges = []
    for axis, (part, length) in enumerate(zip(around, common.shape, strict=True)):
        profile = one.sum(axis=1 - axis)
        middle = part.start + float(np.average(np.arange(len(profile)), weights=profile))
        edges += [middle, length - 1 - middle]
    if min(edges) >= _CUT * evidence.width:
        return ""
    return "one object alone confirms it, and the edge cuts it"


def _elsewhere(outside: View, height: float, match: Match, voices: int) -> str:
    """Return what other places have against a match; empty if nothing.

    Args:
        outside: The view without the window.
        height: Of the match in the view.
        match: In the window.
        voices: Fields or wells that agree that it lies in the window.
    """
    ours, theirs = outside.ours, outside.theirs

    def score(shift: Whole) -> float:
        return overlap_correlation(ours.values, theirs.values, ours.valid, theirs.valid, shift)

    factor = np.array([1, ours.factor, ours.factor])
    own = score(tuple(int(n) for n in np.rint(match.shift / factor)))
    for _ in range(_LOOKED_AT):
        other = best_peak(outside.found)
        if other is None or other.height < MOST_RIVAL * height:
            return ""
        share = find_support(ours, theirs, other.shift, other.width).share
        if share >= max(_ALL, match.support) and score(other.shift) > own + _BETTER:
            return "all of its content matches better elsewhere"
        if voices < _SURE and share >= _HALF * match.support:
            return (
                "its content matches elsewhere as well, and a single field says where it must lie"
            )
        outside = outside.without(other.shift, LOBE * other.width)
    return ""
