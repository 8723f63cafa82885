"""The form of each flow: every parameter typed, described, bounded; one source for all."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from flows.command import line as command_line
from flows.consensus import find_consensus_of_well
from flows.estimate import estimate_shifts_of_well
from flows.image import apply_registration_to_image
from flows.plate import apply_registration_to_plate
from flows.register import register_plate, register_well
from flows.well import apply_registration_to_well

COMMANDS = {
    "image": apply_registration_to_image,
    "well": apply_registration_to_well,
    "plate": apply_registration_to_plate,
    "register": register_plate,
}
FLOWS = {
    **COMMANDS,
    "register well": register_well,
    "estimate": estimate_shifts_of_well,
    "consensus": find_consensus_of_well,
}
REQUIRED = {"zarr_url", "well_url", "plate_url", "registered_roi_table", "wavelength_id"}
REFERENCE_SYSTEM = {
    # fractal-tasks-core 2.1, apply_registration_to_image
    "zarr_url": None,
    "registered_roi_table": None,
    "reference_acquisition": 0,
    "overwrite_input": True,
}


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_every_parameter_is_typed_described_and_has_a_default(flow: Flow[..., Any]) -> None:
    schema = parameter_schema(flow)
    for name, described in schema.properties.items():
        assert described.get("description"), name
        assert "type" in described or "anyOf" in described or "enum" in described, name
        assert ("default" in described) == (name not in REQUIRED), name
    assert set(schema.required) == REQUIRED & set(schema.properties)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_every_number_is_bounded(flow: Flow[..., Any]) -> None:
    for name, described in parameter_schema(flow).properties.items():
        for variant in described.get("anyOf", [described]):
            if variant.get("type") in {"integer", "number"}:
                assert {"minimum", "exclusiveMinimum"} & set(variant), name


def test_the_reference_systems_words_and_defaults() -> None:
    parameters = inspect.signature(apply_registration_to_image.fn).parameters
    for name, default in REFERENCE_SYSTEM.items():
        if default is not None:
            assert parameters[name].default == default
        else:
            assert parameters[name].default is inspect.Parameter.empty
    assert list(parameters)[:5] == [
        "zarr_url",
        "registered_roi_table",
        "reference_acquisition",
        "register_labels",
        "overwrite_input",
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_line_offers_the_same_with_the_same_defaults(name: str) -> None:
    form = inspect.signature(COMMANDS[name].fn).parameters
    command = dict(inspect.signature(getattr(command_line, name)).parameters)
    command.pop("verbose")
    assert {key: each.default for key, each in command.items()} == {
        key: each.default for key, each in form.items()
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_line_describes_them_in_the_same_words(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.run([name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for described in parameter_schema(COMMANDS[name]).properties.values():
        # The table of options wraps its text beside the names: the first words are together.
        assert " ".join(described["description"].split()[:3]) in shown
