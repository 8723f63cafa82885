"""Fields that are images of their own are paired where names and numbers leave one way only."""

from __future__ import annotations

import pytest

from tasks.survey.fields import places_of, same_field

TWELVE = [str(n) for n in range(12)]
NEXT_TWELVE = [str(n) for n in range(12, 24)]


@pytest.mark.parametrize(
    ("theirs", "own", "pairs"),
    [
        pytest.param(["0", "1"], ["2", "3"], "2-0 3-1", id="bioformats2raw"),
        pytest.param(["0", "1", "2"], ["3", "4", "5"], "3-0 4-1 5-2", id="three fields"),
        pytest.param(["0", "2"], ["1", "3"], "1-0 3-2", id="cycles in turn"),
        pytest.param(["0_0", "0_1"], ["1_0", "1_1"], "1_0-0_0 1_1-0_1", id="cycle, field"),
        pytest.param(["0_0", "1_0"], ["0_1", "1_1"], "0_1-0_0 1_1-1_0", id="field, cycle"),
        pytest.param(
            ["A1_field1", "A1_field2"],
            ["B1_field2", "B1_field1"],
            "B1_field1-A1_field1 B1_field2-A1_field2",
            id="named fields, in whatever order",
        ),
        pytest.param(["left0", "right0"], ["right1", "left1"], "left1-left0", id="words"),
        pytest.param(["0_0", "0_1", "0_2"], ["1_0", "1_2"], "1_2-0_2", id="one is missing"),
        pytest.param(["0"], ["7_x1"], "7_x1-0", id="one each"),
        pytest.param(TWELVE, NEXT_TWELVE, "22-10 14-2", id="by number"),
        pytest.param(sorted(TWELVE), sorted(NEXT_TWELVE), "22-10 14-2", id="listed as text"),
    ],
)
def test_one_way_only(theirs: list[str], own: list[str], pairs: str) -> None:
    for pair in pairs.split():
        image, reference = pair.split("-")
        assert same_field(image, own, theirs) == reference


@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        pytest.param(["0", "1"], ["2", "3", "4"], id="one more"),
        pytest.param(["0", "1", "2"], ["3", "4"], id="one less"),
        pytest.param(["0"], ["1", "2"], id="two to one"),
        pytest.param(["0", "1", "2"], ["3", "5", "6"], id="one was taken out"),
        pytest.param(["0", "1"], ["3", "2"], id="the list says otherwise"),
        pytest.param(["a", "b"], ["c", "d"], id="words that say nothing"),
        pytest.param(["0", "1"], ["2_0", "2_1"], id="named otherwise"),
    ],
)
def test_several_ways(theirs: list[str], own: list[str]) -> None:
    assert [same_field(image, own, theirs) for image in own] == [None] * len(own)


def test_a_field_that_the_other_acquisition_lacks_has_no_counterpart() -> None:
    assert same_field("1_3", ["1_0", "1_3"], ["0_0", "0_1"]) is None


def test_what_was_done_to_an_image_says_nothing_of_its_place() -> None:
    assert places_of(["0", "0_v2", "1_illum_corr", "A1_field2_mip", "left_a"]) == {
        "0": "0",
        "0_v2": "0",
        "1_illum_corr": "1",
        "A1_field2_mip": "A1_field2",
        "left_a": "left",
    }
