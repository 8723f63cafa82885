"""The parameters of estimating and finding the consensus: type, bounds and text of the form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

WavelengthId = Annotated[
    str,
    Field(
        min_length=1,
        description=(
            "Wavelength identifier, or label, of a stain that every acquisition has, such as "
            "A01_C01 or DAPI; found by name in each, whatever its place."
        ),
    ),
]
InputRoiTable = Annotated[
    str,
    Field(min_length=1, description="ROI table of the regions to estimate, such as FOV_ROI_table."),
]
LevelPath = Annotated[
    str,
    Field(
        min_length=1,
        description="Pyramid level to estimate from; 0 is the finest. Finer is slower.",
    ),
]
RescaleQuantile = Annotated[
    float,
    Field(ge=0, le=1, description="Intensities beyond this quantile of a region are clipped."),
]
MaxShift = Annotated[
    float | None,
    Field(
        gt=0,
        description=(
            "Largest believable shift along any axis, in micrometers; a larger one is not trusted. "
            "Empty: at least half of a region must overlap."
        ),
    ),
]
MethodChoice = Annotated[
    Literal["phase_cross_correlation"],
    Field(
        description=(
            "How shifts are found: peaks of plain and phase-only correlation, ranked by the "
            "correlation over the true overlap."
        )
    ),
]
OnLowConfidenceChoice = Annotated[
    Literal["neighbours", "fail", "zero"],
    Field(
        description=(
            "What a region gets whose shift cannot be trusted: the median of the trusted regions "
            "of its image (refused if there is none), a refusal of the image, or no shift."
        )
    ),
]
MinOverlap = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="Share of a region's area that all acquisitions must have in common.",
    ),
]
StopAfter = Annotated[
    Literal["estimate", "consensus"] | None,
    Field(description="Stop here to look at the tables before pixels move. Empty: go all the way."),
]
