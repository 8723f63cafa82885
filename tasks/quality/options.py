"""How quality is judged, what it decides, and where it is reported."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tasks.plan.described import described


@described
class Thresholds:
    """Where a region's verdict changes; the defaults are for cells of 20 pixels and more."""

    check_residual_px: Annotated[
        float,
        Field(
            gt=0,
            title="Quality: check from (pixels off)",
            description=(
                "Motion left in the middle of a region's blocks, in pixels of the finest level, "
                "from which on somebody should look; also what a rotation may leave in its corners."
            ),
        ),
    ] = 2.0
    fail_residual_px: Annotated[
        float,
        Field(
            gt=0,
            title="Quality: fail from (pixels off)",
            description=(
                "The same, from which on a region fails. A third of a small nucleus: beyond it, "
                "measurements mix neighbours."
            ),
        ),
    ] = 6.0
    above_chance: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Quality: above chance",
            description=(
                "Part of the way from the agreement with other wells to a perfect one that a "
                "region's agreement with its reference must reach; less is a failure, unless most "
                "of its blocks lie where they should: then somebody should look."
            ),
        ),
    ] = 0.1
    check_cut_away: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            title="Quality: check from (part lost)",
            description="Part of a region that may be lost to the consensus before it is told.",
        ),
    ] = 0.3
    check_clear: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Quality: blocks that must agree",
            description=(
                "Share of the blocks with content whose motion can be told; with less, image and "
                "reference do not show the same everywhere, and somebody should look."
            ),
        ),
    ] = 0.5


@described
class ReportChoice:
    """Where the report lies."""

    report_path: Annotated[
        str | None,
        Field(
            min_length=1,
            title="Quality: folder of reports",
            description=(
                "Folder for the reports of all plates. Empty: beside each plate, such as "
                "plate.registration beside plate.zarr."
            ),
        ),
    ] = None


@described
class HoldChoice:
    """What quality decides."""

    require_quality: Annotated[
        Literal["fail", "check"] | None,
        Field(
            title="Quality: hold back",
            description=(
                "Verdict from which on a registered image is held back: kept aside for a person to "
                "accept or discard, while the original stays. fail: failures only; check: doubtful "
                "ones too. Empty: nothing is held back."
            ),
        ),
    ] = None


@described
class QualityOptions(Thresholds, ReportChoice, HoldChoice):
    """What quality decides, where it is told, and where a verdict changes."""
