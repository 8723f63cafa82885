"""Estimate the shift of every region of an image to its reference; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from tasks.estimate.decide import Decision, Found, OnLowConfidence, decide
from tasks.estimate.level import ChannelLevel, open_level
from tasks.estimate.match import Limits, RegionPair, match_region
from tasks.plan.errors import InvalidInputError, UncertainShiftError
from tasks.plan.listed_tables import list_tables
from tasks.plan.reference import pick_reference
from tasks.plan.regions import Region, pair_regions, read_regions
from tasks.plan.window import Frozen
from tasks.storage.well_entries import read_images

Method = Literal["phase_cross_correlation"]

_SAME_SIZE = 1e-3
"""Relative difference of two pixel sizes that is a rounded number rather than another lens."""

_STRANGERS = 2
"""Other regions read to tell a standing camera pattern from a sample that did not move."""


class EstimateOptions(Frozen):
    """How shifts are estimated: fractal-tasks-core's parameters, and what to do in doubt."""

    wavelength_id: str
    reference_acquisition: int = 0
    method: Method = "phase_cross_correlation"
    input_roi_table: str = "FOV_ROI_table"
    level_path: str = "2"
    lower_rescale_quantile: float = Field(default=0.0, ge=0, lt=1)
    upper_rescale_quantile: float = Field(default=0.99, gt=0, le=1)
    max_shift_um: float | None = Field(default=None, gt=0)
    """Micrometers along any axis; None: at least half of a region must overlap."""
    on_low_confidence: OnLowConfidence = "neighbours"


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
    pixels: 400 MB beside the regions themselves, however large they are.

    Args:
        image: Root folder of the image, in its well.
        options: What to estimate from, and what to do in doubt.
        workers: Regions worked on at the same time.

    Raises:
        InvalidInputError: A table, level or channel is missing, or the images do not fit together.
        UncertainShiftError: A region cannot be trusted, and the policy gives it no other shift.
    """
    well = image.parent
    listed = {entry.name: entry.acquisition for entry in read_images(well)}
    name, warnings = pick_reference(listed, image.name, options.reference_acquisition, well)
    reference = well / name
    levels = tuple(
        open_level(path, wavelength=options.wavelength_id, level=options.level_path)
        for path in (reference, image)
    )
    _check_spacing(*levels)
    pairs, told = pair_regions(
        _regions(reference, options.input_roi_table),
        _regions(image, options.input_roi_table),
        reference_image=reference,
        image=image,
    )
    with ThreadPoolExecutor(max_workers=workers) as threads:
        found = tuple(threads.map(partial(_find, levels, pairs, options), range(len(pairs))))
    decided = decide(found, options.on_low_confidence)
    refused = [region for region in decided if region.decision == "refused"]
    if refused:
        raise UncertainShiftError(
            f"{image}: no shift to {reference.name} can be trusted for "
            + "; ".join(f"region '{region.name}': {region.reason}" for region in refused)
            + ". Nothing was written. Look at these regions; try another level_path or wavelength, "
            'or choose on_low_confidence="zero" to leave them where they are'
        )
    return ImageEstimate(
        image=image,
        reference=reference,
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
        warnings=(*warnings, *told),
    )


def _regions(image: Path, table: str) -> tuple[Region, ...]:
    listed = list_tables(image)
    if table not in listed:
        raise InvalidInputError(
            f"{image} has no table '{table}'; its tables are: {', '.join(listed) or 'none'}. "
            "Name the table of the regions to estimate as input_roi_table"
        )
    return read_regions(image, table)


def _find(
    levels: Sequence[ChannelLevel],
    pairs: Sequence[tuple[Region, Region]],
    options: EstimateOptions,
    number: int,
) -> Found:
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
        return [read(pair) for pair in others[:_STRANGERS]]

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


def _check_spacing(reference: ChannelLevel, moving: ChannelLevel) -> None:
    if not np.allclose(reference.spacing, moving.spacing, rtol=_SAME_SIZE, atol=0):
        raise InvalidInputError(
            f"{moving.image} has pixels of {moving.spacing} micrometers (z, y, x) at level "
            f"'{moving.path}', its reference {reference.image} of {reference.spacing}; regions of "
            "one pixel size can be compared. Correct the metadata, or resample one image"
        )
