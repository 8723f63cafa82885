"""Make a Prefect flow of a function of one group of parameters; each is a field of its form."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, ParamSpec, Self, TypeVar, cast

from prefect import Flow
from prefect.utilities.hashing import file_hash
from pydantic import Field
from pydantic.config import JsonDict

from flows.results.log_lines import leave_out_tracebacks
from flows.results.plate_tag import tag_with_plate
from flows.server.at_hand import server_at_hand
from flows.server.told import server_told_of
from tasks.plan.described import description_of, parameters_of, values_of
from tasks.plan.errors import InvalidInputError
from tasks.survey.boundary import told_of

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Group = TypeVar("Group")


class FormFlow(Flow[Parameters, Result], Generic[Parameters, Result, Group]):
    """A flow whose parameters are those of a group."""

    def of(self, parameters: Group) -> Result:
        """Run with a group of parameters as it is, not with each by its name."""
        run: Callable[..., Result] = cast("Any", self)
        return run(**values_of(parameters))

    def with_options(self, **options: Any) -> Self:
        """Return this flow with other options; Prefect's own function says which there are."""
        other: Any = super().with_options(**options)
        # Prefect makes a flow of its own kind.
        other.__class__ = type(self)
        return cast("Self", other)

    if not TYPE_CHECKING:  # the types are those of the group, and Prefect's overloads say so

        def __call__(self, *args: Any, **parameters: Any) -> Any:
            """Run, with a server at hand; see the group for the parameters.

            Raises:
                InvalidInputError: A name is none of the flow's parameters.
                OSError: No server is configured, and our own does not answer.
                ServerError: The server stopped answering.
            """
            self._refuse_unknown(set(parameters) - {"return_state", "wait_for"})
            with server_at_hand(), server_told_of():
                return super().__call__(*args, **parameters)

    def validate_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Check names, which the server does not, and values.

        Raises:
            InvalidInputError: A name is none of the flow's parameters.
            ParameterTypeError: A value is not what its parameter takes.
        """
        self._refuse_unknown(parameters)
        return super().validate_parameters(parameters)

    def _refuse_unknown(self, names: Iterable[str]) -> None:
        known = list(inspect.signature(self.fn).parameters)
        for name in names:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                meant = f"did you mean '{near[0]}'? " if near else ""
                raise InvalidInputError(
                    f"{self.name} has no parameter '{name}'; {meant}it has {', '.join(known)}"
                )


def flow_of(
    group: Callable[Parameters, Group], *, name: str, run_name: Callable[[], str]
) -> Callable[[Callable[[Group], Result]], FormFlow[Parameters, Result, Group]]:
    """Return a decorator that makes a flow of a function of a group of parameters.

    The flow takes each of them by itself, as its form has it, with its type, bounds, default,
    title and description. So a parameter is described in its group, and nowhere else.

    Args:
        group: Class of the function's one argument.
        name: Of the flow.
        run_name: Names a run, once it has begun.
    """
    known = list(parameters_of(group))  # type: ignore[arg-type]  # a class, called to make one
    leave_out_tracebacks()
    # What a flow works on comes first.
    place = known[0][0]

    def make(function: Callable[[Group], Result]) -> FormFlow[Parameters, Result, Group]:
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            tag_with_plate()
            parameters = group(*args, **kwargs)
            with told_of(Path(str(getattr(parameters, place)))):
                return function(parameters)

        shown = {name: _shown(annotation) for name, annotation, _ in known}
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `inspect` reads
            [
                inspect.Parameter(
                    name,
                    inspect.Parameter.POSITIONAL_OR_KEYWORD
                    if default is ...
                    else inspect.Parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if default is ... else default,
                    annotation=shown[name],
                )
                for name, _, default in known
            ]
        )
        run.__annotations__ = shown
        for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(run, attribute, getattr(function, attribute))
        # A function that was typed in has no file.
        source = Path(inspect.getfile(function))
        version = file_hash(str(source)) if source.is_file() else None
        return FormFlow(run, name=name, version=version, flow_run_name=run_name)

    return make


def _shown(annotation: Any) -> Any:
    """Return the type with its words where Prefect lets them be: it takes titles from names."""
    field = description_of(annotation)
    words: JsonDict = {"title": field.title, "description": field.description}
    return Annotated[annotation, Field(json_schema_extra=words)]
