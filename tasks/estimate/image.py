"""Estimate the shift of every region of an image to its reference; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from tasks.estimate.candidate import Limits, RegionPair
from tasks.estimate.decide import Decision, Found, decide
from tasks.estimate.match import match_region
from tasks.estimate.options import EstimateOptions
from tasks.estimate.paired import Paired, open_paired
from tasks.plan.errors import UncertainShiftError
from tasks.plan.region import Region
from tasks.plan.window import Frozen

STRANGERS = 2
"""Other regions read to tell a standing camera pattern from a sample that did not move."""


class RegionEstimate(Frozen):
    """The shift of one region, and how far it can be trusted."""

    name: str
    translation: tuple[float, float, float]
    """Micrometers along z, y, x that lead from the image to the reference."""
    score: float
    """Correlation over the overlap at the region's own best shift."""
    rival: float
    """Height of its next best peak, as a share of its best one's."""
    decision: Decision
    reason: str


class ImageEstimate(Frozen):
    """The shifts of all regions of an image."""

    image: Path
    reference: Path
    options: EstimateOptions
    regions: tuple[RegionEstimate, ...]
    """In the table's order."""
    warnings: tuple[str, ...]


def estimate_image(image: Path, options: EstimateOptions, *, workers: int = 1) -> ImageEstimate:
    """Estimate every region's shift to the image of the reference acquisition.

    Each worker holds one region of both images at the chosen level (three where a match at shift 0
    has to be told from a standing pattern), and at most 400 bytes for each of at most 2^20 working
    pixels: 400 MB beside the regions themselves, however large they are. `tasks.estimate.memory`
    computes it beforehand.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from, and what to do in doubt.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
        UncertainShiftError: A region cannot be trusted, and the policy gives it no other shift.
    """
    paired = open_paired(image, options)
    with ThreadPoolExecutor(max_workers=workers) as threads:
        found = tuple(threads.map(partial(_find, paired, options), range(len(paired.regions))))
    decided = decide(found, options.on_low_confidence)
    refused = [region for region in decided if region.decision == "refused"]
    if refused:
        raise UncertainShiftError(
            f"{image}: no shift to {paired.reference.image.name} can be trusted for "
            + "; ".join(f"region '{region.name}': {region.reason}" for region in refused)
            + ". Nothing was written. Look at these regions; try another level_path or wavelength, "
            'or choose on_low_confidence="zero" to leave them where they are'
        )
    return ImageEstimate(
        image=image,
        reference=paired.reference.image,
        options=options,
        regions=tuple(
            RegionEstimate(
                name=region.name,
                translation=region.translation,
                score=one.match.score,
                rival=one.match.rival,
                decision=region.decision,
                reason=region.reason,
            )
            for one, region in zip(found, decided, strict=True)
        ),
        warnings=paired.warnings,
    )


def _find(paired: Paired, options: EstimateOptions, number: int) -> Found:
    levels, pairs = (paired.reference, paired.moving), paired.regions
    windows = [level.window(region) for level, region in zip(levels, pairs[number], strict=True)]
    spacing = levels[0].spacing
    most = options.max_shift_um
    limits = Limits(
        lower_quantile=options.lower_rescale_quantile,
        upper_quantile=options.upper_rescale_quantile,
        max_shift=None if most is None else _in_pixels(most, spacing),
    )

    def read(pair: tuple[Region, Region]) -> RegionPair:
        one, two = (
            level.read(level.window(region)) for level, region in zip(levels, pair, strict=True)
        )
        return one, two

    def strangers() -> list[RegionPair]:
        # The next ones in the table, from the start again behind the last.
        others = [*pairs[number + 1 :], *pairs[:number]]
        return [read(pair) for pair in others[:STRANGERS]]

    match = match_region(*read(pairs[number]), limits, strangers)
    # From inside the two windows to the images' own coordinates.
    shift = np.array(match.shift) + np.subtract(windows[0].start, windows[1].start)
    z, y, x = (float(n) for n in shift * np.array(spacing))
    side = min(n * size for n, size in zip(windows[0].shape[1:], spacing[1:], strict=True))
    return Found(
        name=pairs[number][0].name,
        match=match,
        translation=(z, y, x),
        pixel=spacing,
        side=side,
    )


def _in_pixels(most: float, spacing: Sequence[float]) -> tuple[float, float, float]:
    z, y, x = (most / size for size in spacing)
    return (z, y, x)
