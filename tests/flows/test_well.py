"""A well through the flow: the reference last, siblings go on, runs that continue."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
)
from prefect.client.schemas.objects import State

from flows.results.failures import ImagesFailedError
from flows.well import apply_registration_to_well, register_image
from tasks.plan.errors import InvalidInputError
from tasks.storage.provenance import read_provenance
from tests.flows.conftest import TABLE
from tests.flows.snapshots import snapshot
from tests.plates import add_label, write_regions
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")


def finished(well: Path) -> set[str]:
    """Return the images of a well that carry the record of a registration."""
    return {p.name for p in well.iterdir() if p.is_dir() and read_provenance(p) is not None}


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the images in the order in which the flow asked for them."""
    asked: list[str] = []
    original = register_image.fn

    @functools.wraps(original)
    def noted(image: str, *arguments: Any, **options: Any) -> Any:
        asked.append(image)
        return original(image, *arguments, **options)

    monkeypatch.setattr(register_image, "fn", noted)
    return asked


def test_all_images_are_registered(well: Path) -> None:
    state = apply_registration_to_well(str(well), TABLE, return_state=True)
    assert state.message == "plate.zarr A/01: 3 registered"
    assert state.result().model_dump(exclude_none=True) == {
        "image_list_updates": [{"zarr_url": str(well / name)} for name in ("1", "2", "0")]
    }
    assert finished(well) == {"0", "1", "2"}


def test_processes_give_what_threads_give(well: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zarr"
    shutil.copytree(well.parent.parent, copy)
    apply_registration_to_well(str(well), TABLE, images=["2"])
    apply_registration_to_well(str(copy / "A" / "01"), TABLE, images=["2"], task_runner="processes")
    assert digest_tree(copy / "A" / "01" / "2") == digest_tree(well / "2")


def test_work_in_a_result_is_kept_when_what_it_was_made_from_changes(well: Path) -> None:
    beside = functools.partial(apply_registration_to_well, str(well), TABLE, overwrite_input=False)
    beside()
    add_label(well / "1_registered", "cells", np.ones((2, 64, 96), "uint32"), axes="zyx")
    assert {report.outcome for report in beside().reports} == {"skipped"}
    write_regions(well / "0", TABLE, {"FOV_1": {"y": (2.5, 19.5), "x": (3.0, 30.0)}})
    before = {name: digest_tree(well / f"{name}_registered") for name in "012"}
    with pytest.raises(ImagesFailedError, match=r"holds .* label 'cells'"):
        beside()
    assert {name: digest_tree(well / f"{name}_registered") for name in "012"} == before
    told = {report.image: report.warnings for report in beside(redo=True).reports}
    assert any("is made again without it: label 'cells'" in each for each in told["1"])
    assert not (well / "1_registered" / "labels" / "cells").exists()


def test_the_reference_comes_last(well: Path, order: list[str]) -> None:
    apply_registration_to_well(str(well), TABLE)
    assert set(order[:2]) == {"1", "2"}
    assert order[2:] == ["0"]


def test_one_failure_stops_neither_siblings_nor_tells_less_but_spares_the_reference(
    well: Path, order: list[str]
) -> None:
    shutil.rmtree(well / "1" / "tables" / TABLE)
    before = digest_tree(well / "0"), digest_tree(well / "1")
    with pytest.raises(ImagesFailedError) as failure:
        apply_registration_to_well(str(well), TABLE)
    told = str(failure.value)
    assert "1 registered, 1 failed" in told
    assert "reference 0 was not touched" in told
    assert "image '1'" in told
    assert TABLE in told
    assert set(order) == {"1", "2"}
    assert finished(well) == {"2"}
    assert (digest_tree(well / "0"), digest_tree(well / "1")) == before
    assert [(r.image, r.outcome) for r in failure.value.reports] == [
        ("2", "registered"),
        ("1", "failed"),
    ]


def test_a_reference_that_would_be_refused_is_found_before_any_image_is_replaced(
    well: Path, order: list[str]
) -> None:
    level = well / "0/1/.zarray"
    described = json.loads(level.read_text())
    level.write_text(json.dumps({**described, "compressor": {"id": "of_another_day"}}))
    before = digest_tree(well)
    with pytest.raises(ImagesFailedError, match=r"'of_another_day'.*No other image .* touched"):
        apply_registration_to_well(str(well), TABLE)
    assert order == []
    assert digest_tree(well) == before


def test_a_second_run_does_only_what_is_left(well: Path) -> None:
    aside = well.parent.parent.parent / "aside"
    shutil.move(well / "1" / "tables" / TABLE, aside)
    with pytest.raises(ImagesFailedError):
        apply_registration_to_well(str(well), TABLE)
    shutil.move(aside, well / "1" / "tables" / TABLE)
    done = snapshot(well / "2")
    result = apply_registration_to_well(str(well), TABLE)
    assert {r.image: r.outcome for r in result.reports} == {
        "1": "registered",
        "2": "skipped",
        "0": "registered",
    }
    assert snapshot(well / "2") == done


def test_a_well_that_needs_nothing_ends_as_skipped(well: Path) -> None:
    apply_registration_to_well(str(well), TABLE)
    done = digest_tree(well)
    state = apply_registration_to_well(str(well), TABLE, return_state=True)
    assert (state.name, state.message) == ("Skipped", "plate.zarr A/01: 3 skipped")
    assert digest_tree(well) == done


def test_a_flow_that_is_retried_gives_each_image_its_own_result(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Image 1 fails in the first attempt; the second must repeat it, and not what image 2 gave.
    calls: list[str] = []
    original = register_image.fn

    @functools.wraps(original)
    def fail_once(image: str, *arguments: Any, **options: Any) -> Any:
        calls.append(image)
        if image == "1" and calls.count("1") == 1:
            raise ConnectionError("the file server was restarted")
        return original(image, *arguments, **options)

    monkeypatch.setattr(register_image, "fn", fail_once)
    flow = apply_registration_to_well.with_options(retries=1)
    # Prefect 3.8 raises the first attempt's error to a caller who does not ask for the state.
    result = flow(str(well), TABLE, return_state=True).result()
    assert [update.zarr_url for update in result.image_list_updates] == [
        str(well / name) for name in ("1", "2", "0")
    ]
    assert [report.outcome for report in result.reports] == ["registered"] * 3
    assert sorted(calls) == ["0", "1", "1", "2"]


def test_a_dry_run_touches_nothing_and_shows_every_plan(well: Path) -> None:
    everything = snapshot(well.parent.parent.parent)
    state = apply_registration_to_well(str(well), TABLE, dry_run=True, return_state=True)
    assert snapshot(well.parent.parent.parent) == everything
    assert state.message == "plate.zarr A/01: 3 planned"
    assert all("writes" in report.detail for report in state.result().reports)


def test_results_beside_their_origin_are_not_registered_again(well: Path) -> None:
    apply_registration_to_well(str(well), TABLE, overwrite_input=False)
    state = apply_registration_to_well(str(well), TABLE, overwrite_input=False, return_state=True)
    assert state.message == "plate.zarr A/01: 3 skipped"
    assert not list(well.glob("*_registered_registered"))


def test_images_select_by_name(well: Path, order: list[str]) -> None:
    result = apply_registration_to_well(str(well), TABLE, images=["2"])
    assert order == ["2"]
    assert [update.zarr_url for update in result.image_list_updates] == [str(well / "2")]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"images": ["1", "9"]}, "no image '9' in this well", id="unknown image"),
        pytest.param(
            {"reference_acquisition": 5}, "acquisitions 0, 1, 2", id="unknown acquisition"
        ),
        pytest.param({"registered_roi_table": "nope"}, "has no table 'nope'", id="unknown table"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(
    well: Path, options: dict[str, Any], reason: str
) -> None:
    before = snapshot(well.parent.parent)
    with pytest.raises(InvalidInputError, match=reason):
        apply_registration_to_well(str(well), **{"registered_roi_table": TABLE, **options})
    assert snapshot(well.parent.parent) == before


def test_the_table_artifact_has_a_row_per_image(well: Path) -> None:
    state = apply_registration_to_well(str(well), TABLE, return_state=True)
    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]),
                type=ArtifactFilterType(any_=["table"]),
            )
        )
    assert artifact.key == "registration-plate-zarr-a-01"
    assert isinstance(artifact.data, str)
    for told in ("image", "regions", "smallest shift", "largest shift", "seconds", "bytes"):
        assert told in artifact.data
    assert [row["image"] for row in json.loads(artifact.data)] == ["1", "2", "0"]
    assert "y -8, x +4 px (4.47" in artifact.data


def test_a_plate_is_not_a_well(well: Path) -> None:
    state: State[Any] = apply_registration_to_well(
        str(well.parent.parent), TABLE, return_state=True
    )
    assert state.is_failed()
    assert "is a plate, but a well is needed" in (state.message or "")
