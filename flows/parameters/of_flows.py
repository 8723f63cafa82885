"""The parameters of each flow: groups, put together. Read the bases from right to left.

Prefect folds nothing of a form away: what is set from run to run comes first, and fills one screen;
what a site sets once comes after it, each group together, by the first word of its titles.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field

from flows.parameters.distributing import DistributeChoice
from flows.parameters.places import ImagePlace, PlatePlace, WellPlace
from flows.parameters.running import (
    DryRunChoice,
    ImageChoice,
    ImagesAtOnce,
    RedoChoice,
    RunnerChoice,
    Threads,
    WellChoice,
    WellsAtOnce,
)
from flows.running.kinds import Stage
from tasks.estimate.options import (
    ConsensusOptions,
    EstimateOptions,
    OverlapChoice,
    RegionOptions,
)
from tasks.plan.described import described
from tasks.plan.request import MoveOptions, ReferenceChoice, RegistrationRequest
from tasks.quality.options import QualityOptions, ReportChoice, Thresholds
from tasks.watch.options import FoldersChoice, WatchOptions


@described
class ImageParameters(
    Threads,
    QualityOptions,
    RegistrationRequest,
    RedoChoice,
    DryRunChoice,
    ReferenceChoice,
    ImagePlace,
):
    """Register one image."""


@described
class WellParameters(
    Threads,
    ImagesAtOnce,
    RunnerChoice,
    QualityOptions,
    RegistrationRequest,
    RedoChoice,
    DryRunChoice,
    ImageChoice,
    ReferenceChoice,
    WellPlace,
):
    """Register the images of a well."""


@described
class PlateParameters(
    Threads,
    ImagesAtOnce,
    WellsAtOnce,
    DistributeChoice,
    RunnerChoice,
    QualityOptions,
    RegistrationRequest,
    RedoChoice,
    DryRunChoice,
    WellChoice,
    ReferenceChoice,
    PlatePlace,
):
    """Register the wells of a plate."""


@described
class EstimateParameters(
    Threads, ImagesAtOnce, EstimateOptions, RedoChoice, RegionOptions, WellPlace
):
    """Estimate the shifts of a well's images."""


@described
class ConsensusParameters(ConsensusOptions, RedoChoice, RegionOptions, WellPlace):
    """Find what all acquisitions of a well show of every region."""


@described
class ReportParameters(Thresholds, ReportChoice, RegionOptions, PlatePlace):
    """Write the report of a plate."""

    registered_roi_table: Annotated[
        str,
        Field(
            min_length=1,
            title="Registered ROI table",
            description=(
                "Table of the registered regions, of a plate that another program registered."
            ),
        ),
    ] = "FOV_ROI_table_registered"


@described
class StopChoice:
    """How far to go."""

    stop_after: Annotated[
        Literal["estimate", "consensus"] | None,
        Field(
            title="Stop after",
            description=(
                "Stop here to look at the tables before pixels move. Empty: go all the way."
            ),
        ),
    ] = None


@described
class RegisterWellParameters(
    Threads,
    ImagesAtOnce,
    QualityOptions,
    MoveOptions,
    OverlapChoice,
    EstimateOptions,
    RedoChoice,
    StopChoice,
    DryRunChoice,
    RegionOptions,
    WellPlace,
):
    """Register a well from raw images."""


@described
class RegisterPlateParameters(
    Threads,
    ImagesAtOnce,
    WellsAtOnce,
    DistributeChoice,
    QualityOptions,
    MoveOptions,
    OverlapChoice,
    EstimateOptions,
    RedoChoice,
    StopChoice,
    DryRunChoice,
    WellChoice,
    RegionOptions,
    PlatePlace,
):
    """Register a plate from raw images."""


@described
class NewPlatesParameters(
    Threads,
    ImagesAtOnce,
    WellsAtOnce,
    DistributeChoice,
    QualityOptions,
    MoveOptions,
    OverlapChoice,
    EstimateOptions,
    WatchOptions,
    DryRunChoice,
    RegionOptions,
    FoldersChoice,
):
    """Register the plates that have come since."""


@described
class ShareParameters(PlatePlace):
    """Work on some wells of a plate, for the run of the plate."""

    wells: Annotated[
        list[str],
        Field(min_length=1, title="Wells", description="Wells of the plate, such as A/01."),
    ] = field(kw_only=False)
    stage: Annotated[
        Stage, Field(title="Stage", description="What the run of the plate is at.")
    ] = field(kw_only=False)
    asked: Annotated[
        dict[str, Any],
        Field(title="Asked", description="The parameters of the plate's run."),
    ] = field(kw_only=False)
    movement: Annotated[
        str | None,
        Field(title="Movement", description="How the plate moved, once that is known."),
    ] = None
