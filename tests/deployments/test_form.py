"""The form of a deployment: names are checked, what may be empty is an empty field."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from prefect.utilities.schema_tools import ValidationError, validate

from flows.deploying.described import deployment_of, flow_of, read_described
from flows.deploying.merge import Described

DESCRIBED = pytest.mark.parametrize(
    "described", read_described(), ids=lambda each: str(each["name"])
)


def form_of(described: Described) -> dict[str, Any]:
    deployment = deployment_of(described, on_pool=True)
    form: dict[str, Any] = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    return form


@DESCRIBED
def test_every_deployment_refuses_a_name_that_its_flow_does_not_have(described: Described) -> None:
    form = form_of(described)
    names = list(flow_of(described).parameters.properties)
    assert list(form["properties"]) == names
    form.pop("required", None)
    jsonschema.validate(described["parameters"], form)
    with pytest.raises(jsonschema.ValidationError, match=f"'wrong' is not one of .'{names[0]}'"):
        jsonschema.validate({"wrong": 1}, form)


@DESCRIBED
def test_what_may_be_empty_is_an_empty_field_and_the_server_takes_null(
    described: Described,
) -> None:
    form = form_of(described)
    of_flow = flow_of(described).parameters.properties
    empty = {name: None for name, field in of_flow.items() if field.get("default", 0) is None}
    assert empty
    tabs = [name for name in empty if "anyOf" in form["properties"][name]]
    # A list of choices could not be emptied again.
    assert set(tabs) <= {"stop_after", "require_quality"}
    for name in set(empty) - set(tabs):
        assert form["properties"][name]["title"] == of_flow[name]["title"]
        assert form["properties"][name]["position"] == of_flow[name]["position"]
    # The server's own check.
    validate(empty, form, raise_on_error=True, ignore_required=True)
    with pytest.raises(ValidationError, match="workers"):
        validate({"workers": 0}, form, raise_on_error=True, ignore_required=True)
