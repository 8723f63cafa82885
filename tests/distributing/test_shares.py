"""A plate is shared out whole, and what became of its wells travels whole."""

from __future__ import annotations

import math

import pytest

from flows.distributing.shares import as_text, from_text, joined, shares_of
from flows.results.result import (
    ImageReport,
    ImageUpdate,
    RegionVerdict,
    ShiftReport,
    WellResult,
)
from flows.running.wells_of_plate import WellOutcomes


@pytest.mark.parametrize(
    ("wells", "at_once", "sizes"),
    [(1, 4, {1}), (3, 4, {1}), (12, 4, {1}), (96, 4, {8}), (100, 4, {9, 1}), (384, 8, {16})],
)
def test_every_well_is_in_one_share(wells: int, at_once: int, sizes: set[int]) -> None:
    names = [f"A/{n}" for n in range(wells)]
    shares = shares_of(names, at_once)
    assert [well for share in shares for well in share] == names
    assert {len(share) for share in shares} == sizes


REPORT = ImageReport(
    well="A/01",
    image="1",
    outcome="registered",
    warnings=("a label was left behind",),
    verdicts=(RegionVerdict(region="FOV_1", verdict="pass", before=None, after=0.9, reason=""),),
)
SHIFT = ShiftReport(
    well="A/01",
    image="1",
    region="FOV_1",
    translation=(0.0, 0.1 + 0.2, -3.5),
    score=math.inf,
    rival=0.25,
    decision="estimated",
    reason="",
)
FAILED = ImageReport(well="A/02", image="0", outcome="failed", detail="no table")


def test_what_became_of_wells_travels_whole() -> None:
    result = WellResult(
        image_list_updates=[ImageUpdate(zarr_url="/p/A/01/1_registered", origin="/p/A/01/1")],
        reports=(REPORT,),
        shifts=(SHIFT,),
    )
    sent = WellOutcomes(
        {"A/01": result}, {"A/02": "no table"}, {"A/01": (REPORT,), "A/02": (FAILED,)}
    )
    arrived = from_text(as_text(sent))
    assert arrived == sent
    # Their own form leaves these out.
    assert arrived.results["A/01"].shifts == (SHIFT,)
    assert arrived.results["A/01"].reports == (REPORT,)


def test_outcomes_are_told_in_the_order_of_the_plate_whichever_ended_first() -> None:
    empty = WellResult(image_list_updates=[])
    late = WellOutcomes({"B/01": empty}, {"B/02": "no"}, {"B/01": (), "B/02": ()})
    early = WellOutcomes({"A/02": empty}, {"A/01": "no"}, {"A/01": (), "A/02": ()})
    told = joined(["A/01", "A/02", "B/01", "B/02"], [late, early])
    assert [*told.results] == ["A/02", "B/01"]
    assert [*told.failed] == ["A/01", "B/02"]
    assert [*told.reports] == ["A/01", "A/02", "B/01", "B/02"]
