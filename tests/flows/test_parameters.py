"""The form of each flow and its command: both follow from one group of parameters."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from prefect.flow_engine import run_flow
from prefect.utilities.callables import parameter_schema

from flows.command import line as command_line
from flows.consensus import find_consensus_of_well
from flows.estimate import estimate_shifts_of_well
from flows.image import apply_registration_to_image
from flows.new_plates import register_new_plates
from flows.parameters.of_flows import (
    ConsensusParameters,
    EstimateParameters,
    ImageParameters,
    PlateParameters,
    RegisterPlateParameters,
    RegisterWellParameters,
    WellParameters,
)
from flows.plate import apply_registration_to_plate
from flows.register import register_plate, register_well
from flows.well import apply_registration_to_well
from tasks.plan.described import parameters_of, part_of
from tasks.plan.errors import InvalidInputError

PROJECT = Path(__file__).parents[2]

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
    "new plates": register_new_plates,
}
REQUIRED = {
    *("zarr_url", "well_url", "plate_url", "folders"),
    *("registered_roi_table", "wavelength_id"),
}
APPLY = [
    "reference_acquisition",
    "register_labels",
    "overwrite_input",
    "interpolation",
    "min_covered",
]
ESTIMATE = {
    "reference_acquisition": 0,
    "input_roi_table": "FOV_ROI_table",
    "level_path": "2",
    "lower_rescale_quantile": 0.0,
    "upper_rescale_quantile": 0.99,
}
"""fractal-tasks-core 2.1: Calculate Registration (image-based)."""


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_every_parameter_is_typed_titled_described_and_has_a_default(
    flow: Flow[..., Any],
) -> None:
    schema = parameter_schema(flow)
    for position, (name, shown) in enumerate(schema.properties.items()):
        assert shown["position"] == position
        assert shown["description"].endswith("."), name
        assert shown["title"][0].isupper(), name
        assert "_" not in shown["title"], name
        assert "type" in shown or "anyOf" in shown or "enum" in shown, name
        assert ("default" in shown) == (name not in REQUIRED), name
    assert set(schema.required) == REQUIRED & set(schema.properties)
    assert flow.description == inspect.getdoc(flow.fn)


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_what_is_set_from_run_to_run_comes_first_and_groups_stay_together(
    flow: Flow[..., Any],
) -> None:
    fields = parameter_schema(flow).properties.values()
    groups = [
        head if tail else "" for head, _, tail in (each["title"].partition(": ") for each in fields)
    ]
    order = list(dict.fromkeys(groups))
    assert order[0] == ""
    assert groups == sorted(groups, key=order.index)
    # About what a screen holds; of each, words of two lines at most, and nothing taken for HTML.
    assert groups.count("") <= 8
    for each in fields:
        assert len(each["description"]) <= 240, each["title"]
        assert "<" not in each["description"], each["title"]


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS.keys())
def test_every_number_is_bounded(flow: Flow[..., Any]) -> None:
    for name, shown in parameter_schema(flow).properties.items():
        for variant in shown.get("anyOf", [shown]):
            if variant.get("type") in {"integer", "number"}:
                assert {"minimum", "exclusiveMinimum"} & set(variant), name


def test_a_choice_is_a_drop_down_and_one_value_is_no_choice() -> None:
    shown = parameter_schema(register_plate).properties
    assert shown["interpolation"]["enum"] == ["none", "linear", "cubic"]
    assert shown["on_low_confidence"]["enum"] == ["neighbours", "fail", "zero"]
    assert shown["stop_after"]["anyOf"][0]["enum"] == ["estimate", "consensus"]
    assert parameter_schema(apply_registration_to_well).properties["task_runner"]["enum"] == [
        "threads",
        "processes",
    ]
    for flow in FLOWS.values():
        assert "method" not in parameter_schema(flow).properties


def test_the_reference_systems_words_and_defaults() -> None:
    image = {name: default for name, _, default in parameters_of(ImageParameters)}
    assert list(image)[:2] == ["zarr_url", "registered_roi_table"]
    assert [name for name in image if name in APPLY] == APPLY
    assert (image["reference_acquisition"], image["overwrite_input"]) == (0, True)
    estimate = {name: default for name, _, default in parameters_of(EstimateParameters)}
    assert list(estimate)[:2] == ["well_url", "wavelength_id"]
    assert {name: estimate[name] for name in ESTIMATE} == ESTIMATE


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_offers_the_same_with_the_same_defaults(name: str) -> None:
    form = inspect.signature(COMMANDS[name].fn).parameters
    command = dict(inspect.signature(getattr(command_line, name)).parameters)
    assert command.pop("verbose").default is False
    assert {key: each.default for key, each in command.items()} == {
        key: each.default for key, each in form.items()
    }
    place, *others = command.values()
    assert place.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert {each.kind for each in others} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_describes_them_in_the_same_words(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.run([name, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for described in parameter_schema(COMMANDS[name]).properties.values():
        # The table of options wraps its text beside the names: the first words are together.
        assert " ".join(described["description"].split()[:3]) in shown


def test_one_flow_can_hand_on_to_the_next() -> None:
    """Nothing that must be given is missing where a flow takes a part of its parameters."""
    plate = PlateParameters("/p", "t", redo=True, wells=["A/01"])
    well = part_of(WellParameters, plate, well_url="/p/A/01")
    assert (well.redo, well.registered_roi_table, well.images) == (True, "t", None)
    assert part_of(ImageParameters, well, zarr_url="/p/A/01/1").redo
    raw = RegisterPlateParameters("/p", "DAPI", min_overlap=0.25, interpolation="cubic")
    raw_well = part_of(RegisterWellParameters, raw, well_url="/p/A/01")
    assert part_of(EstimateParameters, raw_well).wavelength_id == "DAPI"
    assert part_of(ConsensusParameters, raw_well).min_overlap == 0.25
    assert part_of(WellParameters, raw_well, registered_roi_table="t").interpolation == "cubic"


MISSPELT = {"plate_url": "/p", "wavelength_id": "DAPI", "paralel_images": 3}
MEANT = "no parameter 'paralel_images'; did you mean 'parallel_images'.* it has plate_url, wave"


def test_a_misspelt_name_is_refused_before_anything_runs() -> None:
    with pytest.raises(InvalidInputError, match=MEANT):
        register_plate(**MISSPELT)  # type: ignore[call-overload]


@pytest.mark.usefixtures("prefect_server")
def test_a_misspelt_name_handed_to_the_engine_fails_its_run_and_says_so() -> None:
    # Not what a worker does: Prefect compares the names itself before it comes here.
    state = run_flow(register_plate, parameters=MISSPELT, return_type="state")
    assert state.is_failed()
    assert "did you mean 'parallel_images'" in str(state.message)


def test_a_flow_with_other_options_has_the_same_form() -> None:
    again = apply_registration_to_image.with_options(name="again", retries=2)
    assert again.parameters == apply_registration_to_image.parameters
    checked = again.validate_parameters({"zarr_url": "u", "registered_roi_table": "t"})
    assert checked["interpolation"] == "none"
    with pytest.raises(InvalidInputError, match="did you mean 'redo'"):
        again("u", "t", reddo=True)  # type: ignore[call-overload]
    with pytest.raises(InvalidInputError, match="did you mean 'redo'"):
        again.validate_parameters({"zarr_url": "u", "registered_roi_table": "t", "reddo": True})


@pytest.mark.usefixtures("prefect_server")
def test_a_flow_with_other_options_runs_with_a_group(tmp_path: Path) -> None:
    again = apply_registration_to_image.with_options(name="again", retries=0)
    with pytest.raises(InvalidInputError, match=r"nothing.zarr.* does not exist"):
        again.of(ImageParameters(str(tmp_path / "nothing.zarr"), "t"))


CALLS = {
    "apply_registration_to_plate('/p', registered_roi_table='t', redo=True)": "",
    "apply_registration_to_plate(plate_url='/p', registered_roi_table='t')": "",
    "apply_registration_to_plate('/p', registered_roi_table='t', redoo=True)": "call-overload",
    "apply_registration_to_plate('/p', registered_roi_table='t', wells=3)": "call-overload",
    "apply_registration_to_plate('/p')": "call-overload",
    "apply_registration_to_plate.of(WellParameters('/p', 't'))": "arg-type",
    "PlateParameters('/p', 't', parallel_wells='two')": "arg-type",
}
"""A call, and the type checker's word against it."""


def test_a_wrong_parameter_is_a_type_error(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from flows.parameters.of_flows import PlateParameters, WellParameters\n"
        "from flows.plate import apply_registration_to_plate\n" + "\n".join(CALLS),
        encoding="utf-8",
    )
    told = subprocess.run(  # noqa: S603 - our own type checker
        [sys.executable, "-m", "mypy", "--config-file", PROJECT / "pyproject.toml", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    ).stdout
    errors = [line for line in told.splitlines() if ": error:" in line]
    expected = {number: word for number, word in enumerate(CALLS.values(), start=3) if word}
    assert [int(line.split(":")[1]) for line in errors] == [*expected], told
    for line, word in zip(errors, expected.values(), strict=True):
        assert line.endswith(f"[{word}]"), told
