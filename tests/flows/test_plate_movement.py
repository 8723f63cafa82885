"""The plate decides in the flows: three beats, wells alone, wells added later."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from flows.register import register_plate, register_well
from flows.results.failures import ImagesFailedError
from tasks.estimate.columns import DECISION, TRANSLATIONS
from tasks.estimate.stored import read_evidence
from tasks.plan.errors import UncertainShiftError
from tasks.survey.listed_tables import read_table
from tests.estimate.photographed import (
    PIXEL,
    STAIN,
    TABLE,
    Frame,
    make_plate,
    nothing,
    photographs,
)

pytestmark = pytest.mark.usefixtures("prefect_server")

MOVED = (17.3, -11.6)
SHIFTS = [(0.0, 0.0), MOVED]
FULL = [f"A/{n:02d}" for n in range(1, 6)]
EMPTY, FEW = "B/01", "B/02"


def frames() -> Mapping[str, Sequence[Sequence[Frame]]]:
    sure = {
        well: [photographs(n, 1, shifts=SHIFTS, signal=[300, 300])] for n, well in enumerate(FULL)
    }
    few = [photographs(20, 1, shifts=SHIFTS, signal=[300, 300], per_field=1)]
    return {**sure, EMPTY: [nothing(9, 9)], FEW: few}


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return make_plate(tmp_path / "moves-as-one.zarr", frames())


def artifacts(key: str) -> list[dict[str, Any]]:
    """Return the rows of the table that was shown under a key last: the tests here share one."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC)
    rows: list[dict[str, Any]] = json.loads(str(shown[0].data))
    return rows


def decision(plate: Path, well: str) -> tuple[str, list[float]]:
    """Return what an image's table says was decided, and the shift in pixels along y and x."""
    frame = read_table(plate / well / "1", TABLE).content.dataframe
    shift = np.asarray(frame[list(TRANSLATIONS[1:])], dtype=float)[0] / PIXEL
    return str(frame[DECISION].iloc[0]), list(shift)


def test_a_well_that_is_refused_alone_is_decided_by_its_plate(
    plate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for well in (EMPTY, FEW):
        with pytest.raises(UncertainShiftError, match="no other field says where it must lie"):
            register_well(str(plate / well), STAIN, level_path="0", stop_after="estimate")
    # What was proposed is kept though it was refused: the next run need not look again.
    assert read_evidence(plate / EMPTY / "1") is not None
    with caplog.at_level(logging.INFO):
        result = register_plate(str(plate), STAIN, level_path="0")
    assert {report.outcome for report in result.reports} == {"registered"}
    assert "acquisition 1: y 8.6, x -5.8 micrometers at the plate's centre" in caplog.text
    (told,) = result.movement
    assert told in caplog.text
    (table,) = artifacts("movement-moves-as-one-zarr")
    assert table["moves as one"] == "yes"
    assert (table["y (um)"], table["x (um)"]) == pytest.approx((8.65, -5.8), abs=0.1)
    decisions = {shift.well: shift.decision for shift in result.shifts}
    assert {decisions[well] for well in FULL} == {"estimated"}
    assert decisions[EMPTY].startswith("predicted +/- ")
    assert decisions[FEW] == "within the plate's movement"
    for shift in result.shifts:
        assert np.array(shift.translation[1:]) / PIXEL == pytest.approx(MOVED, abs=0.3)
    # What was proposed stays with images that were moved in place: wells added later use it.
    assert read_evidence(plate / FULL[0] / "1") is not None


def test_wells_may_come_one_after_the_other(plate: Path) -> None:
    with pytest.raises(ImagesFailedError, match=EMPTY):
        register_plate(str(plate), STAIN, level_path="0", wells=[*FULL[:2], EMPTY])
    register_plate(str(plate), STAIN, level_path="0", wells=FULL[2:])
    register_well(str(plate / EMPTY), STAIN, level_path="0", stop_after="estimate")
    told, shift = decision(plate, EMPTY)
    assert told.startswith("predicted +/- ")
    assert shift == pytest.approx(MOVED, abs=0.3)
    again = register_plate(str(plate), STAIN, level_path="0", on_low_confidence="fail", wells=[FEW])
    assert [shift.decision for shift in again.shifts] == ["within the plate's movement"]


def test_what_is_filled_in_is_not_where_only_what_is_found_may_pass(plate: Path) -> None:
    with pytest.raises(ImagesFailedError, match=f"1 failed.*{EMPTY}") as failure:
        register_plate(
            str(plate), STAIN, level_path="0", on_low_confidence="fail", stop_after="estimate"
        )
    assert FEW not in str(failure.value)
    assert decision(plate, FEW)[0] == "within the plate's movement"
