"""The parameters of all flows: type, bounds and the text that people read in the form.

One source for Prefect's form, the command line's help and the checks of both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import Field
from pydantic.fields import FieldInfo

from tasks.plan.window import Interpolation

Function = TypeVar("Function", bound=Callable[..., Any])

ImageUrl = Annotated[
    str,
    Field(
        min_length=1,
        description=(
            "Path or file:// URL of the OME-Zarr image to register, inside its well, "
            "such as /data/plate.zarr/B/03/1."
        ),
    ),
]
WellUrl = Annotated[
    str,
    Field(
        min_length=1,
        description="Path or file:// URL of the OME-Zarr well, such as /data/plate.zarr/B/03.",
    ),
]
PlateUrl = Annotated[
    str,
    Field(
        min_length=1,
        description="Path or file:// URL of the OME-Zarr plate, such as /data/plate.zarr.",
    ),
]
RegisteredRoiTable = Annotated[
    str,
    Field(
        min_length=1,
        description=(
            "Name of the registered ROI table: for every region, where the same piece of sample "
            "lies in this image. Every image to register and the reference must have it."
        ),
    ),
]
ReferenceAcquisition = Annotated[
    int,
    Field(ge=0, description="Acquisition that the others are registered to."),
]
RegisterLabels = Annotated[
    bool,
    Field(
        description=(
            "Move the labels with the pixels. Otherwise they are carried over where they were, "
            "with a warning."
        )
    ),
]
OverwriteInput = Annotated[
    bool,
    Field(
        description=(
            "Put the registered image in the place of the original, once it is complete and "
            "verified. Otherwise it is written beside it, with _registered added to its name."
        )
    ),
]
InterpolationChoice = Annotated[
    Interpolation,
    Field(
        description=(
            "How pixels move by the fraction of a pixel that rounding leaves. none: not at all; "
            "whole pixels only, every value stays a measured one. linear: between two pixels; "
            "smooths noise, never leaves their range. cubic: between four; keeps edges sharp, may "
            "overshoot beside them. Labels always move by whole pixels."
        )
    ),
]
Redo = Annotated[
    bool,
    Field(description="Register again also what an earlier run has finished with the same input."),
]
DryRun = Annotated[
    bool,
    Field(
        description=(
            "Only show the plan: what would be written, replaced and shifted by how much, "
            "memory and disk needed. Nothing is touched."
        )
    ),
]
Workers = Annotated[
    int | None,
    Field(
        ge=1,
        le=1024,
        description=(
            "Threads in all, shared by the images that run at once. "
            "Empty: as many as the cores this process may use."
        ),
    ),
]
Images = Annotated[
    list[str] | None,
    Field(
        min_length=1,
        description=(
            "Names of the images to register, such as 1 and 2. Empty: all that have the "
            "registered table and are not themselves results."
        ),
    ),
]
Wells = Annotated[
    list[str] | None,
    Field(min_length=1, description="Wells to register, such as A/01 and B/03. Empty: all."),
]
ParallelImages = Annotated[
    int,
    Field(
        ge=1,
        le=64,
        description="Images of a well registered at once, at most; memory grows with it.",
    ),
]
ParallelWells = Annotated[
    int,
    Field(
        ge=1,
        le=64,
        description="Wells registered at once, at most; memory grows with it.",
    ),
]
RunnerKind = Literal["threads", "processes"]
TaskRunnerChoice = Annotated[
    RunnerKind,
    Field(
        description=(
            "What runs the images of a well side by side: threads of one process (the default), "
            "or a process for each."
        )
    ),
]


def with_described_parameters(flow_function: Function) -> Function:
    """Add the parameters' descriptions to the docstring, where Prefect's form takes them from.

    Prefect 3.8 drops the descriptions of the fields themselves in favour of the docstring's.
    """
    hints = get_type_hints(flow_function, include_extras=True)
    lines = [
        f"    {name}: {field.description}"
        for name, hint in hints.items()
        for field in getattr(hint, "__metadata__", ())
        if isinstance(field, FieldInfo)
    ]
    text = inspect.cleandoc(flow_function.__doc__ or "")
    flow_function.__doc__ = "\n".join([text, "", "Args:", *lines])
    return flow_function
