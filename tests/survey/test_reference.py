"""The reference is picked as fractal-tasks-core picks it, and the choice is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.survey.reference import pick_reference, require_acquisitions

WELL = Path("/data/plate.zarr/A/01")


@pytest.mark.parametrize(
    ("images", "image", "chosen", "told"),
    [
        ({"0": 0, "1": 1}, "1", "0", None),
        ({"0": 0, "0_illum_corr": 0, "1": 1}, "1", "0", "suffix ''"),
        ({"0": 0, "0_illum_corr": 0}, "1_illum_corr", "0_illum_corr", "suffix 'illum_corr'"),
        ({"0_b": 0, "0_a": 0}, "1_c", "0_a", "first in sorted order"),
        ({"0_a_b": 0, "0_b": 0}, "1_a_b", "0_a_b", "suffix 'a_b'"),
        ({"0": 0, "0_x": 0}, "0_x", "0_x", None),
        ({"0": 0, "1": 0, "2": 1, "3": 1}, "1", "1", None),
        ({"0": 0, "1": 1, "1_v2": 1}, "1_v2", "0", None),
        ({"0": 0, "0_registered": 0, "1": 1}, "1", "0", None),
        (
            {"0": 0, "0_registered": 0, "1": 1, "1_registered": 1},
            "1_registered",
            "0_registered",
            "suffix 'registered'",
        ),
    ],
    ids=[
        "only one",
        "no suffix",
        "same suffix",
        "no match",
        "all after the first _",
        "itself",
        "itself, of several fields",
        "what was done to the image may have a number",
        "an earlier result is no candidate",
        "but for another result",
    ],
)
def test_choice(images: dict[str, int | None], image: str, chosen: str, told: str | None) -> None:
    name, warnings = pick_reference(images, image, 0, WELL)
    assert name == chosen
    if told is None:
        assert warnings == ()
    else:
        assert f"'{chosen}' was taken" in warnings[0]
        assert told in warnings[0]


def test_an_image_that_lacks_what_is_needed_is_no_reference_where_another_of_its_field_has_it() -> (
    None
):
    images: dict[str, int | None] = {"0": 0, "0_corr": 0, "1": 1}
    assert pick_reference(images, "1", 0, WELL, usable=["0_corr", "1"])[0] == "0_corr"
    # But never that of another field.
    images = {"0": 0, "1": 0, "2": 1, "3": 1}
    assert pick_reference(images, "3", 0, WELL, usable=["0", "2", "3"])[0] == "1"


def test_fields_that_are_images_are_paired_and_the_pair_is_told() -> None:
    images: dict[str, int | None] = {"0": 0, "1": 0, "2": 1, "3": 1}
    name, (told,) = pick_reference(images, "3", 0, WELL)
    assert name == "1"
    assert "image '3' of acquisition 1 is taken to show the same field as '1'" in told


def test_fields_that_cannot_be_paired_are_refused_in_a_sentence() -> None:
    images: dict[str, int | None] = {"0": 0, "1": 0, "2": 1, "3": 1, "4": 1}
    message = (
        r"/data/plate.zarr/A/01: it is ambiguous .* acquisitions 1 \(2, 3, 4\) and 0 \(0, 1\).* "
        "Give .* such as 0_1 and 1_1"
    )
    for image in "234":
        with pytest.raises(InvalidInputError, match=message):
            pick_reference(images, image, 0, WELL)


def test_a_well_without_acquisitions_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(InvalidInputError, match=r"names no acquisition of its images 0, 1.* Give"):
        require_acquisitions(WELL, {"0": None, "1": None})
    require_acquisitions(WELL, {"0": None, "1": 1})


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({"0": 0, "1": 2, "2": 2}, "no image of acquisition 5; the acquisitions .* are 0, 2"),
        ({"0": None}, "names no acquisition at all"),
    ],
)
def test_unknown_acquisition_names_the_known_ones(
    images: dict[str, int | None], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        pick_reference(images, "1", 5, WELL)
