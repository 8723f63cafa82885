"""The reference is picked as fractal-tasks-core picks it, and the choice is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.survey.reference import pick_reference

WELL = Path("/data/plate.zarr/A/01")


@pytest.mark.parametrize(
    ("images", "image", "chosen", "told"),
    [
        ({"0": 0, "1": 1}, "1", "0", None),
        ({"0": 0, "0_illum_corr": 0, "1": 1}, "1", "0", "suffix ''"),
        ({"0": 0, "0_illum_corr": 0}, "1_illum_corr", "0_illum_corr", "suffix 'illum_corr'"),
        ({"0_b": 0, "0_a": 0}, "1_c", "0_a", "first in sorted order"),
        ({"0_a_b": 0, "0_b": 0}, "1_a_b", "0_a_b", "suffix 'a_b'"),
        ({"0": 0, "0_x": 0}, "0_x", "0_x", "suffix 'x'"),
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
