"""What was not registered though somebody may have expected it is told, and is no clean success."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zarr
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.sorting import ArtifactSort, FlowRunSort

from flows.command.line import LEFT_OUT, run
from flows.register import register_plate
from flows.results.for_programs import rows_of
from flows.results.left_out import left_out, told
from flows.results.result import ImageReport, ImageUpdate, WellResult
from tasks.plan.errors import InvalidInputError
from tests.estimate.wells import STAIN, make_well
from tests.estimate.wells import TABLE as FIELDS
from tests.flows.conftest import TABLE, registrable_plate
from tests.foreign import change_metadata
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

SHIFTS = {0: [(0.0, 0.0)], 1: [(6.0, -3.0)], 2: [(2.0, 5.0)]}


def without_its_table(plate: Path) -> str:
    shutil.rmtree(plate / "B/02/2/tables")
    return f"B/02/2 has no table '{TABLE}'"


def without_any_table(plate: Path) -> str:
    for image in "012":
        shutil.rmtree(plate / "B/02" / image / "tables")
    return f"{plate / 'B/02'}: nothing to register with table '{TABLE}'"


def with_something_among_its_labels(plate: Path) -> str:
    zarr.create_group(plate / "B/02/2/labels/half")
    return f"{plate / 'B/02/2'}: 'half' lies in labels/, is not listed and is no multiscale label"


def with_a_cycle_that_its_well_does_not_list(plate: Path) -> str:
    change_metadata(plate / "B/02", lambda content: content["well"]["images"].pop())
    return "B/02/2 lies in the well, but the well does not list it"


def with_a_well_that_it_does_not_list(plate: Path) -> str:
    change_metadata(plate, lambda content: content["plate"]["wells"].pop())
    return f"{plate / 'B/02'}: this well lies in the plate, but the plate does not list it"


@pytest.mark.parametrize(
    "lacking",
    [
        without_its_table,
        without_any_table,
        with_something_among_its_labels,
        with_a_cycle_that_its_well_does_not_list,
        with_a_well_that_it_does_not_list,
    ],
)
def test_it_is_on_the_terminal_in_the_message_in_the_table_and_in_the_exit_code(
    tmp_path: Path, lacking: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    # Of this name there is none elsewhere on the server.
    plate = registrable_plate(tmp_path / "lacking.zarr", wells=("A/01", "B/02"))
    reason = lacking(plate)
    for _ in range(2):
        # Also where the others have been done before.
        assert run(["plate", str(plate), "--registered-roi-table", TABLE]) == LEFT_OUT
        shown = capsys.readouterr().out
        assert f"Left out: {reason}" in shown
        assert "left out" in shown.partition("Left out")[0]
    with get_client(sync_client=True) as client:
        (last,) = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[plate.name])),
            limit=1,
            sort=FlowRunSort.START_TIME_DESC,
        )
        keys = ["registration-lacking-zarr", "registration-lacking-zarr-b-02"]
        key = ArtifactFilterKey(any_=keys)
        artifacts = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=key), sort=ArtifactSort.CREATED_DESC, limit=2
        )
    assert last.state is not None
    assert f"Left out: {reason}" in str(last.state.message)
    tables = " ".join(str(row) for each in artifacts for row in json.loads(str(each.data)))
    assert reason.removeprefix("B/02/2 ") in tables


def test_results_beside_their_originals_are_not_missed(plate: Path) -> None:
    arguments = ["plate", str(plate), "--registered-roi-table", TABLE, "--no-overwrite-input"]
    assert [run(arguments), run(arguments)] == [0, 0]


def test_an_acquisition_without_regions_says_so_not_what_follows_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well = make_well(tmp_path / "left.zarr", SHIFTS)
    shutil.rmtree(well / "2/tables")
    untouched = digest_tree(well / "2")
    plate = [
        "register",
        str(tmp_path / "left.zarr"),
        "--wavelength-id",
        STAIN,
        "--level-path",
        "0",
    ]
    for stage in (["--dry-run"], ["--stop-after", "estimate"], ["--stop-after", "consensus"], []):
        assert run([*plate, *stage]) == LEFT_OUT
        assert f"Left out: A/01/2 has no table '{FIELDS}'\n" in capsys.readouterr().out
    assert digest_tree(well / "2") == untouched


def test_a_wrong_channel_is_refused_once_before_any_well_begins(tmp_path: Path) -> None:
    plate = make_well(tmp_path / "left.zarr", SHIFTS, wells=("A/01", "A/02")).parents[1]
    before = digest_tree(plate)
    for dry_run in (True, False):
        with pytest.raises(InvalidInputError, match=r"A09_C09.*A01_C01.*all 2 wells") as refused:
            register_plate(str(plate), "A09_C09", level_path="0", dry_run=dry_run)
        assert str(refused.value).count("A09_C09") == 1
    assert digest_tree(plate) == before


def test_a_message_names_the_first_reasons_and_counts_the_rest() -> None:
    rows = left_out("A/01", {str(n): "has no table" for n in range(8)})
    assert told(rows).startswith(". Left out: A/01/0 has no table; A/01/1 has no table; ")
    assert told(rows).endswith("A/01/4 has no table; and 3 more")
    assert told(()) == ""


def test_a_row_for_what_is_left_behind_hides_nothing_of_its_image() -> None:
    image = ImageReport(well="A/01", image="1", outcome="registered", quality="fail: far off")
    result = WellResult(
        image_list_updates=[ImageUpdate(zarr_url="/p.zarr/A/01/1")],
        reports=(image, *left_out("A/01", {"1": "'half' lies in labels/"})),
    )
    (row,) = rows_of(result)
    assert (row["verdict"], row["reason"]) == ("fail", "far off")
