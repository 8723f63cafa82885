"""The form of a deployment: what is not given is an empty field, and only its names are taken."""

from __future__ import annotations

from typing import Any

from prefect.deployments.runner import RunnerDeployment
from prefect.utilities.callables import ParameterSchema
from pydantic import Field

NOTHING = {"type": "null"}


class NamedParameters(ParameterSchema):
    """A form that takes the names of its fields, and no others."""

    # JSON Schema's word for what names may be; its error lists them, which the one for
    # `additionalProperties` does not.
    propertyNames: dict[str, Any] = Field(default_factory=dict)  # noqa: N815 - as above


def put_in_form(deployment: RunnerDeployment) -> RunnerDeployment:
    """Return a deployment with a form that people can read, and that the server checks by name too.

    By itself Prefect checks values only: a run with a misspelt name is made, and its process ends
    before the flow can say why.
    """
    # Prefect offers no public way to the form of a deployment.
    form = deployment._parameter_openapi_schema
    if isinstance(form, ParameterSchema):
        deployment._parameter_openapi_schema = NamedParameters(
            **{
                **form.model_dump(exclude_unset=True),
                "properties": {name: _shown(each) for name, each in form.properties.items()},
            },
            propertyNames={"enum": [*form.properties]},
        )
    return deployment


def _shown(field: dict[str, Any]) -> dict[str, Any]:
    """Return a field that may be empty as Prefect's UI shows it best.

    As it is made, it shows two tabs, `int` and `None`, and below them `Property is type "None"`. A
    field without a default is empty instead, and the server takes null for it all the same.
    """
    kinds = [each for each in field.get("anyOf", []) if each != NOTHING]
    # What must be given, may be of several types, or has a value by default stays as it is.
    if len(kinds) != 1 or field.get("default", NOTHING) is not None:
        return field
    (kind,) = kinds
    if "enum" in kind:
        # Nobody could empty a list of choices again; and null is none of them.
        chosen = [{**NOTHING, "title": "Empty"}, {**kind, "title": "Choose"}]
        return {**field, "anyOf": chosen}
    words = {name: text for name, text in field.items() if name not in {"anyOf", "default"}}
    return {**kind, **words}
