"""Let the server refuse a run with a parameter that its flow does not have, naming those it has."""

from __future__ import annotations

from typing import Any

from prefect.deployments.runner import RunnerDeployment
from prefect.utilities.callables import ParameterSchema
from pydantic import Field


class NamedParameters(ParameterSchema):
    """A form that takes the names of its fields, and no others."""

    # JSON Schema's word for what names may be; its error lists them, which the one for
    # `additionalProperties` does not.
    propertyNames: dict[str, Any] = Field(default_factory=dict)  # noqa: N815 - as above


def refuse_unknown_names(deployment: RunnerDeployment) -> RunnerDeployment:
    """Return a deployment whose runs the server checks by name too, before they are made.

    By itself Prefect checks values only. A run with a misspelt name is then made, and its process
    ends before the flow can say why.
    """
    # Prefect offers no public way to the form of a deployment.
    form = deployment._parameter_openapi_schema
    if isinstance(form, ParameterSchema):
        deployment._parameter_openapi_schema = NamedParameters(
            **form.model_dump(exclude_unset=True), propertyNames={"enum": [*form.properties]}
        )
    return deployment
