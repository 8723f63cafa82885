"""Parameters as the command line shows them: the help and the bounds of Prefect's form."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, get_args

from cyclopts import Parameter
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from flows import estimate_parameters, parameters


def reasons_of(error: ValidationError) -> str:
    """Return each thing that is wrong, and with what; an empty name is a value by itself."""
    return "; ".join(
        ": ".join(filter(None, [".".join(map(str, each["loc"])), each["msg"]]))
        for each in error.errors()
    )


def _as_in_form(annotation: Any) -> Parameter:
    """Return the help and the bounds that the same parameter has in Prefect's form."""
    adapter = TypeAdapter[Any](annotation)
    field = next(each for each in get_args(annotation) if isinstance(each, FieldInfo))

    def check(_type: Any, value: Any) -> None:
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            raise ValueError(reasons_of(error)) from error

    return Parameter(help=field.description, validator=check, negative_iterable=())


ImageUrl: TypeAlias = Annotated[parameters.ImageUrl, _as_in_form(parameters.ImageUrl)]
WellUrl: TypeAlias = Annotated[parameters.WellUrl, _as_in_form(parameters.WellUrl)]
PlateUrl: TypeAlias = Annotated[parameters.PlateUrl, _as_in_form(parameters.PlateUrl)]
RegisteredRoiTable: TypeAlias = Annotated[
    parameters.RegisteredRoiTable, _as_in_form(parameters.RegisteredRoiTable)
]
ReferenceAcquisition: TypeAlias = Annotated[
    parameters.ReferenceAcquisition, _as_in_form(parameters.ReferenceAcquisition)
]
RegisterLabels: TypeAlias = Annotated[
    parameters.RegisterLabels, _as_in_form(parameters.RegisterLabels)
]
OverwriteInput: TypeAlias = Annotated[
    parameters.OverwriteInput, _as_in_form(parameters.OverwriteInput)
]
InterpolationChoice: TypeAlias = Annotated[
    parameters.InterpolationChoice, _as_in_form(parameters.InterpolationChoice)
]
Redo: TypeAlias = Annotated[parameters.Redo, _as_in_form(parameters.Redo)]
DryRun: TypeAlias = Annotated[parameters.DryRun, _as_in_form(parameters.DryRun)]
Images: TypeAlias = Annotated[
    parameters.Images, Parameter(consume_multiple=True), _as_in_form(parameters.Images)
]
Wells: TypeAlias = Annotated[
    parameters.Wells, Parameter(consume_multiple=True), _as_in_form(parameters.Wells)
]
TaskRunnerChoice: TypeAlias = Annotated[
    parameters.TaskRunnerChoice, _as_in_form(parameters.TaskRunnerChoice)
]
ParallelImages: TypeAlias = Annotated[
    parameters.ParallelImages, _as_in_form(parameters.ParallelImages)
]
ParallelWells: TypeAlias = Annotated[
    parameters.ParallelWells, _as_in_form(parameters.ParallelWells)
]
Workers: TypeAlias = Annotated[parameters.Workers, _as_in_form(parameters.Workers)]
WavelengthId: TypeAlias = Annotated[
    estimate_parameters.WavelengthId, _as_in_form(estimate_parameters.WavelengthId)
]
InputRoiTable: TypeAlias = Annotated[
    estimate_parameters.InputRoiTable, _as_in_form(estimate_parameters.InputRoiTable)
]
LevelPath: TypeAlias = Annotated[
    estimate_parameters.LevelPath, _as_in_form(estimate_parameters.LevelPath)
]
MethodChoice: TypeAlias = Annotated[
    estimate_parameters.MethodChoice, _as_in_form(estimate_parameters.MethodChoice)
]
RescaleQuantile: TypeAlias = Annotated[
    estimate_parameters.RescaleQuantile, _as_in_form(estimate_parameters.RescaleQuantile)
]
MaxShift: TypeAlias = Annotated[
    estimate_parameters.MaxShift, _as_in_form(estimate_parameters.MaxShift)
]
OnLowConfidenceChoice: TypeAlias = Annotated[
    estimate_parameters.OnLowConfidenceChoice,
    _as_in_form(estimate_parameters.OnLowConfidenceChoice),
]
MinOverlap: TypeAlias = Annotated[
    estimate_parameters.MinOverlap, _as_in_form(estimate_parameters.MinOverlap)
]
StopAfter: TypeAlias = Annotated[
    estimate_parameters.StopAfter, _as_in_form(estimate_parameters.StopAfter)
]
Verbose: TypeAlias = Annotated[
    bool, Parameter(help="Show Prefect's own log while it runs.", negative=())
]
