"""Groups of parameters as the command line shows them: the same words, bounds and defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import (
    Annotated,
    Any,
    Concatenate,
    ParamSpec,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from cyclopts import Parameter
from pydantic import TypeAdapter, ValidationError

from tasks.plan.described import description_of, parameters_of

Group = TypeVar("Group")
Rest = ParamSpec("Rest")
Result = TypeVar("Result")

Verbose: TypeAlias = Annotated[
    bool, Parameter(help="Show Prefect's own log while it runs.", negative=())
]


HeldPlace: TypeAlias = Annotated[
    str, Parameter(help="Path of the plate, the well or the image whose results are meant.")
]


def reasons_of(error: ValidationError) -> str:
    """Return each thing that is wrong, and with what; an empty name is a value by itself."""
    return "; ".join(
        ": ".join(filter(None, [".".join(map(str, each["loc"])), each["msg"]]))
        for each in error.errors()
    )


def with_options_of(
    group: type[Group],
) -> Callable[[Callable[Concatenate[Group, Rest], Result]], Callable[..., Result]]:
    """Return a decorator that gives a command an option for each parameter of a group.

    The first is where to work, and is given by its place; the others by their names. What the
    command takes beside the group are options too, as they stand.

    Args:
        group: Class of the command's first argument.
    """

    def make(command: Callable[Concatenate[Group, Rest], Result]) -> Callable[..., Result]:
        _, *rest = inspect.signature(command, eval_str=True).parameters.values()
        names = {each.name for each in rest}

        def run(*place: str, **options: Any) -> Result:
            others = {name: options.pop(name) for name in names & set(options)}
            return cast("Callable[..., Result]", command)(group(*place, **options), **others)

        shown = [*_options(group), *rest]
        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in shown}
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        return run

    return make


def _options(group: type[Any]) -> Iterator[inspect.Parameter]:
    for number, (name, annotation, default) in enumerate(parameters_of(group)):
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY if number else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=_as_in_form(annotation),
            default=inspect.Parameter.empty if default is ... else default,
        )


def _as_in_form(annotation: Any) -> Any:
    """Return a parameter's type with the help and the bounds that it has in Prefect's form."""
    adapter = TypeAdapter[Any](annotation)

    def check(_type: Any, value: Any) -> None:
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            raise ValueError(reasons_of(error)) from error

    return Annotated[
        annotation,
        Parameter(
            help=description_of(annotation).description,
            validator=check,
            negative_iterable=(),
            consume_multiple=_takes_several(annotation),
        ),
    ]


def _takes_several(annotation: Any) -> bool:
    kind, *_ = get_args(annotation)
    return any(get_origin(each) is list for each in (kind, *get_args(kind)))
