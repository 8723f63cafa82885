"""Groups of parameters: frozen and checked, each described once, for forms, commands and checks."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import field, fields
from functools import partial
from typing import Any, TypeVar, cast, dataclass_transform, get_args, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from tasks.plan.site_defaults import SiteValue, no_value, site_value

Group = TypeVar("Group")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, Field))
def described(group: type[Group]) -> type[Group]:
    """Make a class of annotated fields a group of parameters.

    A field's annotation says all there is to say of a parameter: type, bounds, title and
    description. Groups are put together by inheritance; the fields of the last base come first. A
    parameter that must be given is `field(kw_only=False)`, so that it can be given by its place.
    All others have the default that the site has set (`tasks.plan.site_defaults`), else their own.

    Raises:
        InvalidInputError: What the site has set is no value of the parameter.
    """
    for name in inspect.get_annotations(group):
        if (default := site_value(name)) is not None and name in group.__dict__:
            setattr(group, name, _checked(group, name, default))
    made: Any = dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))(group)
    return cast("type[Group]", made)


def _checked(group: type[Any], name: str, default: SiteValue) -> Any:
    # One that must be given has no default, whatever the site has set.
    if isinstance(getattr(group, name), dataclasses.Field):
        return getattr(group, name)
    annotation = get_type_hints(group, include_extras=True)[name]
    try:
        value = TypeAdapter[Any](annotation).validate_python(default.value)
    except ValidationError as error:
        raise no_value(name, default, error.errors()) from error
    # Each instance gets a list of its own.
    return field(default_factory=partial(list, value)) if isinstance(value, list) else value


def parameters_of(group: type[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, annotation and default of each parameter; first those that must be given.

    The default of those is `...`.
    """
    hints = get_type_hints(group, include_extras=True)
    known: dict[str, FieldInfo] = group.__pydantic_fields__
    for name in sorted(known, key=lambda name: bool(known[name].kw_only)):
        yield (
            name,
            hints[name],
            ...
            if known[name].is_required()
            else known[name].get_default(call_default_factory=True),
        )


def description_of(annotation: Any) -> FieldInfo:
    """Return the title, description and bounds in a parameter's annotation."""
    return next(each for each in get_args(annotation) if isinstance(each, FieldInfo))


def values_of(group: object) -> dict[str, Any]:
    """Return the value of each parameter by its name."""
    return {each.name: getattr(group, each.name) for each in fields(group)}  # type: ignore[arg-type]


def part_of(kind: type[Group], whole: object, **others: Any) -> Group:
    """Return those parameters of a group that another kind of group has too.

    Args:
        kind: What to return.
        whole: Where the values come from.
        others: Values of further parameters, or other values.
    """
    known: dict[str, FieldInfo] = kind.__pydantic_fields__  # type: ignore[attr-defined]
    shared = {name: value for name, value in values_of(whole).items() if name in known}
    return kind(**{**shared, **others})
