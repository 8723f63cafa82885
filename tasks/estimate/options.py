"""What can be asked of estimating shifts and of finding their consensus."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field

from tasks.movement.policy import OnLowConfidence
from tasks.plan.described import described
from tasks.plan.request import MissingRegions, ReferenceChoice

METHOD = "phase_cross_correlation"
"""How shifts are found, in fractal-tasks-core's words: recorded with each estimate."""


@described
class RegionOptions(ReferenceChoice):
    """Which regions are compared, and with whose."""

    input_roi_table: Annotated[
        str,
        Field(
            min_length=1,
            title="Table of the regions",
            description=(
                "ROI table of the regions to estimate, such as FOV_ROI_table. Where no image of a "
                "well has any ROI table, the whole image is one region."
            ),
        ),
    ] = "FOV_ROI_table"


@described
class EstimateOptions(MissingRegions, RegionOptions):
    """How shifts are estimated: fractal-tasks-core's parameters, and what to do in doubt."""

    wavelength_id: Annotated[
        str,
        Field(
            min_length=1,
            title="Stain to compare by",
            description=(
                "Wavelength identifier, or label, of a stain that every acquisition has, such as "
                "A01_C01 or DAPI; found by name in each, whatever its place."
            ),
        ),
    ] = field(kw_only=False)
    level_path: Annotated[
        str,
        Field(
            min_length=1,
            title="Estimate: pyramid level",
            description="Pyramid level to estimate from; 0 is the finest. Finer is slower.",
        ),
    ] = "2"
    lower_rescale_quantile: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            title="Estimate: darkest quantile",
            description="Intensities below this quantile of a region are clipped.",
        ),
    ] = 0.0
    upper_rescale_quantile: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            title="Estimate: brightest quantile",
            description="Intensities above this quantile of a region are clipped.",
        ),
    ] = 0.99
    max_shift_um: Annotated[
        float | None,
        Field(
            gt=0,
            title="Estimate: largest shift (micrometers)",
            description=(
                "Largest believable shift along any axis, in micrometers; a larger one is not "
                "trusted. Empty: at least half of a region must overlap."
            ),
        ),
    ] = None
    on_low_confidence: Annotated[
        OnLowConfidence,
        Field(
            title="Estimate: where a shift is not certain",
            description=(
                "What a region gets whose shift cannot be trusted: the shift that the other "
                "regions of its image, else its well, else the plate give it (refused where they "
                "do not know it to 5 % of the region), a refusal of the image, or no shift."
            ),
        ),
    ] = "neighbours"
    well_pitch_mm: Annotated[
        float | None,
        Field(
            gt=0,
            title="Estimate: distance of wells (millimeters)",
            description=(
                "From the middle of a well to that of the next, to see how the plate moved as a "
                "whole. Empty: by the plate's rows and columns, 9 for 96 wells, 4.5 for 384."
            ),
        ),
    ] = None


@described
class OverlapChoice:
    """How much all acquisitions must have in common."""

    min_overlap: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            title="Estimate: smallest common part",
            description="Share of a region's area that all acquisitions must have in common.",
        ),
    ] = 0.5


@described
class ConsensusOptions(OverlapChoice, MissingRegions, RegionOptions):
    """How the region is found that all acquisitions have in common."""


def registered_name(input_roi_table: str) -> str:
    """Return the name of the table that the consensus writes, as fractal-tasks-core names it."""
    return f"{input_roi_table}_registered"
