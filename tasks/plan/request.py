"""What can be asked of registering one image: whose frame it gets, by which table, what moves."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field

from tasks.plan.described import described
from tasks.plan.window import Interpolation


@described
class ReferenceChoice:
    """Whose frame all images get."""

    reference_acquisition: Annotated[
        int,
        Field(
            ge=0,
            title="Reference acquisition",
            description="Acquisition that the others are registered to.",
        ),
    ] = 0


@described
class TableChoice:
    """Which table says where the regions lie."""

    registered_roi_table: Annotated[
        str,
        Field(
            min_length=1,
            title="Registered ROI table",
            description=(
                "Name of the registered ROI table: for every region, where the same piece of "
                "sample lies in this image. Every image to register and the reference must have "
                "it."
            ),
        ),
    ] = field(kw_only=False)


@described
class MissingRegions:
    """Whether every image must have all regions of the reference."""

    allow_missing_regions: Annotated[
        bool,
        Field(
            title="Regions: an image may lack some",
            description=(
                "Register an image too that lacks a region of the reference, such as a field that "
                "was not photographed: it stays 0 there, and the others keep theirs. Otherwise its "
                "whole well is refused."
            ),
        ),
    ] = False


@described
class MoveOptions(MissingRegions):
    """What moves, how, and where the result goes."""

    register_labels: Annotated[
        bool,
        Field(
            title="Result: move labels too",
            description=(
                "Move the labels with the pixels. Otherwise they are carried over where they "
                "were, with a warning."
            ),
        ),
    ] = True
    overwrite_input: Annotated[
        bool,
        Field(
            title="Result: replace the original",
            description=(
                "Put the registered image in the place of the original, once it is complete and "
                "verified. Otherwise it is written beside it, with _registered added to its name."
            ),
        ),
    ] = True
    interpolation: Annotated[
        Interpolation,
        Field(
            title="Result: fractions of a pixel",
            description=(
                "How pixels move by the fraction of a pixel that rounding leaves. none: not at "
                "all, every value stays a measured one. linear: smooths noise. cubic: keeps edges "
                "sharp, may overshoot beside them. Labels always move by whole pixels."
            ),
        ),
    ] = "none"
    min_covered: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Result: least share kept",
            description=(
                "Share of an image's content (pixels that are not zero) that its regions must "
                "keep, or it is refused: the usual reason is a table or pixel size in another "
                "unit. Less than a half is a warning in any case."
            ),
        ),
    ] = 0.1


@described
class RegistrationRequest(MoveOptions, ReferenceChoice, TableChoice):
    """All that a plan of one image depends on, beside what the image and its well hold."""
