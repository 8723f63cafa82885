"""The form of a deployment takes the names of its fields, and says which those are."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from flows.deploying.described import deployment_of, flow_of, read_described
from flows.deploying.merge import Described


@pytest.mark.parametrize("described", read_described(), ids=lambda each: str(each["name"]))
def test_every_deployment_refuses_a_name_that_its_flow_does_not_have(described: Described) -> None:
    deployment = deployment_of(described, on_pool=True)
    form: dict[str, Any] = deployment._parameter_openapi_schema.model_dump(exclude_unset=True)
    names = list(flow_of(described).parameters.properties)
    assert list(form["properties"]) == names
    form.pop("required", None)
    jsonschema.validate(described["parameters"], form)
    with pytest.raises(jsonschema.ValidationError, match=f"'wrong' is not one of .'{names[0]}'"):
        jsonschema.validate({"wrong": 1}, form)
