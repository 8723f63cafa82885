"""Regions paired by name, and told apart by a digest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.plan.region import Region, digest_regions, pair_regions


def region(name: str = "A", **box: tuple[float, float]) -> Region:
    return Region(
        name=name,
        start={axis: start for axis, (start, _) in box.items()},
        length={axis: length for axis, (_, length) in box.items()},
    )


def test_pairs_follow_the_reference_whatever_the_order(tmp_path: Path) -> None:
    theirs = (region("B", x=(0, 4)), region("A", x=(4, 4)))
    ours = (region("A", x=(5, 4)), region("B", x=(1, 4)))
    pairs, warnings, missing = pair_regions(
        theirs, ours, reference_image=tmp_path / "0", image=tmp_path / "1"
    )
    assert pairs == ((theirs[0], ours[1]), (theirs[1], ours[0]))
    assert warnings == missing == ()


def test_a_region_that_the_image_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"1 lacks the regions B that .* it has A\."):
        pair_regions(
            (region("A"), region("B")),
            (region("A"),),
            reference_image=tmp_path / "0",
            image=tmp_path / "1",
        )


def test_a_region_that_the_image_may_lack_is_told_and_the_others_are_paired(
    tmp_path: Path,
) -> None:
    images = {"reference_image": tmp_path / "0", "image": tmp_path / "1"}
    theirs, ours = (region("A"), region("B"), region("C")), (region("C"), region("A"))
    pairs, warnings, missing = pair_regions(theirs, ours, **images, allow_missing=True)
    assert pairs == ((theirs[0], ours[1]), (theirs[2], ours[0]))
    assert warnings == ()
    (told,) = missing
    assert "/1 lacks the regions B that the reference" in told
    with pytest.raises(InvalidInputError, match=r"1 lacks the regions A, B, C that .* has D\."):
        pair_regions(theirs, (region("D"),), **images, allow_missing=True)


def test_a_region_that_only_the_image_has_is_named(tmp_path: Path) -> None:
    pairs, warnings, missing = pair_regions(
        (region("A"),),
        (region("A"), region("C")),
        reference_image=tmp_path / "0",
        image=tmp_path / "1",
    )
    assert len(pairs) == 1
    assert len(warnings) == 1
    assert missing == ()
    assert "'C'" in warnings[0]
    assert "not carried over" in warnings[0]


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        pytest.param((0.0, 62.8), (1.2, 62.8), None, id="same"),
        pytest.param((0.0, 62.8), (1.2, 62.8 + 1e-9), None, id="noise of decimal text"),
        pytest.param((0.0, 62.8), (1.2, 62.9), "62.9", id="differs"),
        pytest.param((0.0, 62.8), None, "whole", id="whole axis here"),
        pytest.param(None, (0.0, 62.8), "whole", id="whole axis in the reference"),
        pytest.param(None, None, None, id="whole in both"),
    ],
)
def test_lengths_that_differ_are_named(
    tmp_path: Path,
    theirs: tuple[float, float] | None,
    ours: tuple[float, float] | None,
    said: str | None,
) -> None:
    _, warnings, _ = pair_regions(
        (region("A", **({"y": theirs} if theirs else {})),),
        (region("A", **({"y": ours} if ours else {})),),
        reference_image=tmp_path / "0",
        image=tmp_path / "1",
    )
    assert len(warnings) == (said is not None)
    if said:
        assert "'A'" in warnings[0]
        assert said in warnings[0]
        assert "62.8" in warnings[0]


def test_a_digest_tells_regions_apart_and_nothing_else() -> None:
    one, other = region("A", y=(0.0, 4.0), x=(1.0, 4.0)), region("B", y=(0.0, 4.0))
    digest = digest_regions((one, other))
    assert len(digest) == 64
    same = region("A", x=(1.0, 4.0), y=(-0.0, 4.0))
    assert digest_regions((same, other)) == digest, (
        "the order of axes and the sign of 0 say nothing"
    )
    for changed in (
        (other, one),
        (one,),
        (region("A", y=(0.0, 4.0), x=(1.0 + 1e-15, 4.0)), other),
        (region("A", y=(0.0, 4.0), x=(4.0, 1.0)), other),
        (region("a", y=(0.0, 4.0), x=(1.0, 4.0)), other),
    ):
        assert digest_regions(changed) != digest


def test_a_digest_is_the_same_on_every_machine_and_in_every_version() -> None:
    # Worked out by sha256sum of this JSON: it is stored in images, so it must never change.
    # [{"length":{"y":4.0},"name":"\\u00e9","start":{"y":0.5}}]
    expected = "472513df627e7d726a03a48de79bde16c1c4839c6c90fb0ed2612b7f26eb5c8e"
    assert digest_regions((region("é", y=(0.5, 4.0)),)) == expected
