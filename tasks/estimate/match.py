"""Find the shift between one region of two acquisitions, and say whether it can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from tasks.estimate.blocks import spread
from tasks.estimate.borders import Borders
from tasks.estimate.candidate import Limits, Match, RegionPair, RegionPixels, nothing
from tasks.estimate.overlap import Mask, Pixels
from tasks.estimate.padding import find_padding
from tasks.estimate.prepare import (
    Prepared,
    UnusableRegionError,
    average,
    prepare_averaged,
    working_factor,
)
from tasks.estimate.references import Keep, keep_nothing
from tasks.estimate.search import Search

SURE_RIVAL = 0.65
"""Rival of a match that is trusted as found on coarser pixels; a doubt is looked at on all."""

PROPOSED = 4
"""Candidates of a region at most."""

Strangers = Callable[[], Sequence[RegionPair]]
"""Gives other regions of the same two acquisitions, of this well or of others."""


def no_strangers() -> Sequence[RegionPair]:
    """Return no other regions: there are none to compare with."""
    return ()


def match_region(
    reference: RegionPixels,
    moving: RegionPixels,
    limits: Limits,
    strangers: Strangers = no_strangers,
) -> Match:
    """Find the shift of one region.

    All shifts are ranked by their normalised cross-correlation over the true overlap, in a plain
    and in a phase-only view of the regions; the best is refined and then has to stand every test
    of `tasks.estimate.judge`.

    Args:
        reference: The region in the reference, axes (z, y, x), at one pyramid level.
        moving: The region in the moving acquisition at the same level; its shape may differ.
        limits: What to look for.
        strangers: Read only when a match at shift 0 has to be told from a standing pattern.
    """
    return propose(reference, moving, limits, strangers, most=1)[0]


def propose(
    reference: RegionPixels,
    moving: RegionPixels,
    limits: Limits,
    strangers: Strangers = no_strangers,
    *,
    most: int = PROPOSED,
    keep: Keep = keep_nothing,
) -> tuple[Match, ...]:
    """Return the shifts that a region may have, best first, each judged by itself.

    The first is what `match_region` returns. Where it is trusted it stands alone; what else there
    is to choose from comes with its doubts and its evidence, and one that others confirm may be
    right all the same.

    Args:
        reference: The region in the reference, axes (z, y, x), at one pyramid level.
        moving: The region in the moving acquisition at the same level; its shape may differ.
        limits: What to look for.
        strangers: Read only when a match at shift 0 has to be told from a standing pattern.
        most: Candidates to return at most.
        keep: Gives the reference as it was prepared for another acquisition.
    """
    search = open_search(reference, moving, limits, strangers, keep)
    if isinstance(search, Match):
        return (search,)
    coarse = search.coarse()
    if coarse is not None:
        (best,) = search.candidates(coarse, 1)
        if best.confident and best.rival <= SURE_RIVAL:
            return (best,)
    (best,) = search.candidates(search.plain, 1)
    if best.confident:
        return (best,)
    phase = search.phase
    (other,) = search.candidates(phase, 1)
    if other.confident:
        return (other,)
    if most == 1:
        return (best,)
    rest = [*search.candidates(search.plain, most), *search.candidates(phase, 2)]
    apart = [best]
    for each in sorted(rest, key=lambda match: (len(match.doubts), -match.support)):
        if each.evidence and all(_differ(each, other) for other in apart):
            apart.append(each)
    return tuple(apart[:most])


def open_search(
    reference: RegionPixels,
    moving: RegionPixels,
    limits: Limits,
    strangers: Strangers,
    keep: Keep = keep_nothing,
) -> Search | Match:
    """Return what is needed to look for a region's shifts, or why it cannot be compared.

    Args:
        reference: The region in the reference, axes (z, y, x), at one pyramid level.
        moving: The region in the moving acquisition at the same level; its shape may differ.
        limits: What to look for.
        strangers: Read only when a match at shift 0 has to be told from a standing pattern.
        keep: Gives the reference as it was prepared for another acquisition.
    """
    factor = max(working_factor(reference.shape), working_factor(moving.shape))

    def ready(averaged: tuple[Pixels, Mask | None], padding: Mask | None) -> Prepared:
        return prepare_averaged(
            *averaged,
            lower_quantile=limits.lower_quantile,
            upper_quantile=limits.upper_quantile,
            factor=factor,
            padding=padding,
        )

    regions = tuple(average(region, factor) for region in (reference, moving))
    padding = None
    if reference.shape == moving.shape:
        padding = find_padding(regions[0][0], regions[1][0])
    prepared: list[Prepared] = []
    for whose, region in zip(("reference", "moving region"), regions, strict=True):
        try:
            # What is padding depends on both.
            if padding is None and not prepared:
                prepared.append(keep(factor, partial(ready, region, None)))
            else:
                prepared.append(ready(region, padding))
        except UnusableRegionError as unusable:
            return nothing(f"the {whose} cannot be compared: {unusable}")

    def others() -> Iterator[tuple[Prepared, Prepared]]:
        for pair in strangers():
            try:
                one, two = (ready(average(region, factor), None) for region in pair)
            except UnusableRegionError:
                continue
            yield one, two

    hidden = tuple(
        _hidden(region.shape, padding, one.borders, factor)
        for region, one in zip((reference, moving), prepared, strict=True)
    )
    return Search(
        (reference, moving),
        (prepared[0], prepared[1]),
        (hidden[0], hidden[1]),
        limits,
        others,
    )


def _hidden(
    shape: tuple[int, ...], padding: Mask | None, borders: Borders | None, factor: int
) -> Mask | None:
    """Return where a region holds no picture, on its full pixels; None: nowhere."""
    full = None if padding is None else spread(padding, factor, shape)
    if borders is None:
        return full
    mask = borders.finer(factor).mask(shape)
    return mask if full is None else mask | full


def _differ(one: Match, other: Match) -> bool:
    return bool(np.max(np.abs(np.subtract(one.shift, other.shift))) > 2)  # noqa: PLR2004 - pixels
