"""What becomes of a region, by its own confidence and its neighbours'."""

from __future__ import annotations

import pytest

from tasks.estimate.candidate import Match
from tasks.estimate.decide import Found, OnLowConfidence, decide

GOOD = (0.0, 10.0, -5.0)


def found(
    name: str, translation: tuple[float, float, float], *doubts: str, remark: str = ""
) -> Found:
    match = Match(
        shift=translation,
        score=0.5,
        rival=0.9 if doubts else 0.2,
        support=0.3 if doubts else 0.9,
        view="plain",
        doubts=doubts,
        remark=remark,
    )
    return Found(name, match, translation, pixel=(1.0, 1.0, 1.0), side=200.0)


STILL = (0.0, 0.3, -0.2)


def unmoved(name: str) -> Found:
    return found(name, STILL, remark="dirt?")


CASES: list[tuple[list[Found], OnLowConfidence, list[str], str]] = [
    ([found("a", GOOD)], "fail", ["estimated"], "alone and confident"),
    ([found("a", GOOD, "x")], "neighbours", ["refused"], "alone and doubtful"),
    ([found("a", GOOD, "x")], "zero", ["zero"], "the policy says zero"),
    (
        [found("a", GOOD), found("b", (0, 60, 60), "x")],
        "neighbours",
        ["estimated", "neighbours"],
        "one confident neighbour is enough to take its shift",
    ),
    (
        [found("a", GOOD), found("b", (0, 60, 60), "x")],
        "fail",
        ["estimated", "refused"],
        "the policy says fail, whoever is beside",
    ),
    ([unmoved("a")], "neighbours", ["unmoved"], "alone where it was: taken, and told"),
    ([unmoved("a")], "fail", ["refused"], "the same, where only what is sure may pass"),
    (
        [unmoved("a"), unmoved("b"), found("c", (0, 60, 60), "x")],
        "neighbours",
        ["unmoved", "unmoved", "refused"],
        "what may be dirt lends its shift to nobody, and confirms nobody",
    ),
    (
        [unmoved("a"), found("b", (0, 1.0, 1.0))],
        "neighbours",
        ["estimated", "estimated"],
        "a neighbour that is sure lies there too",
    ),
    (
        [unmoved("a"), found("b", GOOD)],
        "neighbours",
        ["neighbours", "estimated"],
        "a neighbour that is sure has moved",
    ),
    (
        [found("a", GOOD), found("b", GOOD), found("c", (0, 10.9, -6.5), "x")],
        "fail",
        ["estimated", "estimated", "supported"],
        "doubtful, but where two neighbours are",
    ),
    (
        [found("a", GOOD), found("b", (0, 10.5, -6), "x")],
        "fail",
        ["estimated", "refused"],
        "one neighbour is no support",
    ),
    (
        [found("a", GOOD), found("b", (0, 80, 10)), found("c", (0, 0, 0), "x")],
        "neighbours",
        ["estimated", "estimated", "refused"],
        "neighbours that disagree lend no shift",
    ),
    (
        [found(n, GOOD) for n in "abc"] + [found("d", (0, 80, 10))],
        "fail",
        ["estimated"] * 3 + ["refused"],
        "far from neighbours that agree, however confident",
    ),
    (
        [found(n, GOOD) for n in "abc"] + [found("d", (0, 15, -1))],
        "fail",
        ["estimated"] * 4,
        "a stage errs by a little",
    ),
]


@pytest.mark.parametrize(
    ("regions", "policy", "expected"), [c[:3] for c in CASES], ids=[c[3] for c in CASES]
)
def test_decisions(regions: list[Found], policy: OnLowConfidence, expected: list[str]) -> None:
    decided = decide(regions, policy)
    assert [one.decision for one in decided] == expected
    for one, region in zip(decided, regions, strict=True):
        assert one.name == region.name
        if one.decision in {"estimated", "supported"}:
            assert one.translation == region.translation
        if one.decision in {"zero", "refused"}:
            assert one.translation == (0.0, 0.0, 0.0)
        if one.decision == "neighbours":
            assert one.translation == pytest.approx(GOOD)
        assert bool(one.reason) == (one.decision != "estimated")
