"""A plate through the flow: wells at a time, failing wells, wells with nothing to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.plate import apply_registration_to_plate
from flows.results.failures import ImagesFailedError
from tasks.plan.errors import InvalidInputError
from tests.flows.conftest import TABLE
from tests.flows.snapshots import snapshot
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_every_well_is_registered_and_a_second_run_skips_all(plate: Path) -> None:
    state = apply_registration_to_plate(str(plate), TABLE, return_state=True)
    told = "plate.zarr: wells: 2 registered; images: 6 registered; quality: "
    assert str(state.message).startswith(told)
    assert state.result().model_dump(exclude_none=True) == {
        "image_list_updates": [
            {"zarr_url": str(plate / well / image)}
            for well in ("A/01", "B/02")
            for image in ("1", "2", "0")
        ]
    }
    done = digest_tree(plate)
    state = apply_registration_to_plate(str(plate), TABLE, return_state=True)
    assert state.name == "Skipped"
    assert str(state.message).startswith("plate.zarr: wells: 2 skipped; images: 6 skipped")
    assert digest_tree(plate) == done


def test_a_failing_well_does_not_stop_the_others(plate: Path) -> None:
    shutil.rmtree(plate / "A" / "01" / "2" / "0")
    reference = digest_tree(plate / "A" / "01" / "0")
    with pytest.raises(ImagesFailedError) as failure:
        apply_registration_to_plate(str(plate), TABLE, parallel_wells=1)
    told = str(failure.value)
    assert "wells: 1 registered, 1 failed; images: 4 registered, 1 failed" in told
    assert "A/01" in told
    assert "image '2'" in told
    assert digest_tree(plate / "A" / "01" / "0") == reference


def test_a_well_that_is_lost_is_told_as_lost_and_stops_no_other(plate: Path) -> None:
    shutil.rmtree(plate / "A" / "01")
    lost = "wells: 1 registered, 1 failed.*A/01: the plate lists this well, but there is no such"
    with pytest.raises(ImagesFailedError, match=lost):
        apply_registration_to_plate(str(plate), TABLE)


def test_wells_with_nothing_to_register_are_named_and_left_out(plate: Path) -> None:
    for image in ("0", "1", "2"):
        shutil.rmtree(plate / "B" / "02" / image / "tables")
    result = apply_registration_to_plate(str(plate), TABLE)
    assert set(result.left_out) == {"B/02"}
    assert TABLE in result.left_out["B/02"]
    assert len(result.image_list_updates) == 3


def test_naming_a_well_with_nothing_to_register_is_an_error(plate: Path) -> None:
    for image in ("0", "1", "2"):
        shutil.rmtree(plate / "B" / "02" / image / "tables")
    before = snapshot(plate.parent)
    with pytest.raises(InvalidInputError, match="B/02"):
        apply_registration_to_plate(str(plate), TABLE, wells=["A/01", "B/02"])
    assert snapshot(plate.parent) == before


def test_wells_select_by_name(plate: Path) -> None:
    untouched = digest_tree(plate / "A" / "01")
    result = apply_registration_to_plate(str(plate), TABLE, wells=["B/02"])
    assert {report.well for report in result.reports} == {"B/02"}
    assert digest_tree(plate / "A" / "01") == untouched


@pytest.mark.parametrize(
    ("wells", "table", "reason"),
    [
        pytest.param(
            ["C/09"], TABLE, "no well 'C/09' in this plate; it has 'A/01', 'B/02'", id="well"
        ),
        pytest.param(None, "nope", "nothing to register in any of its wells", id="table"),
    ],
)
def test_unknown_names_are_an_error(
    plate: Path, wells: list[str] | None, table: str, reason: str
) -> None:
    before = snapshot(plate.parent)
    with pytest.raises(InvalidInputError, match=reason):
        apply_registration_to_plate(str(plate), table, wells=wells)
    assert snapshot(plate.parent) == before


def test_a_dry_run_touches_nothing(plate: Path) -> None:
    everything = snapshot(plate.parent)
    state = apply_registration_to_plate(str(plate), TABLE, dry_run=True, return_state=True)
    assert snapshot(plate.parent) == everything
    assert state.message == "plate.zarr: wells: 2 planned; images: 6 planned"
    assert len(state.result().reports) == 6
