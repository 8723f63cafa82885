"""What becomes of a region, by all that is known of it."""

from __future__ import annotations

import pytest

from tasks.movement.closure import Chain
from tasks.movement.decide import (
    Known,
    decide_region,
    is_settled,
    needs_second_look,
)
from tasks.movement.evidence import Candidate, Translation
from tasks.movement.policy import OnLowConfidence
from tasks.movement.predict import By, Prediction
from tests.movement.plates import candidate, proposal

TRUE = (0.0, 80.0, -45.0)
WRONG = (0.0, 20.0, 30.0)
STILL = (0.0, 0.2, -0.1)
DIRT = "it may be dirt"


def put(
    at: Translation = TRUE, within: float = 3.0, by: By = "plate", fields: int = 0, **more: bool
) -> Prediction:
    return Prediction(at, (within, within, within), by, fields, voices=max(4, fields), **more)


def near(by: float) -> Translation:
    return (0.0, TRUE[1] + by, TRUE[2])


CASES: list[tuple[Known, OnLowConfidence, str, Translation | None, str]] = [
    (Known(proposal(candidate(TRUE))), "fail", "estimated", TRUE, "alone and sure"),
    (
        Known(proposal(candidate(TRUE, "few")), None),
        "neighbours",
        "refused",
        None,
        "alone, doubtful",
    ),
    (Known(proposal(candidate(TRUE, "few")), None), "zero", "zero", None, "the policy says zero"),
    (Known(proposal()), "neighbours", "refused", None, "nothing matches, nothing known"),
    (
        Known(proposal(), put(within=3)),
        "neighbours",
        "predicted +/- 3.0 px",
        TRUE,
        "empty, filled in by the plate",
    ),
    (Known(proposal(), put()), "fail", "refused", None, "the policy says fail, whatever is known"),
    (
        Known(proposal(), put(within=30)),
        "neighbours",
        "refused",
        None,
        "predicted worse than 5 % of the field",
    ),
    (
        Known(proposal(), put(within=30, unopposed=True)),
        "neighbours",
        "predicted +/- 30.0 px",
        TRUE,
        "the same in a well in which nothing shows, where all others follow the plate",
    ),
    (
        Known(proposal(), put(within=40, unopposed=True)),
        "neighbours",
        "refused",
        None,
        "there too, worse than 10 % of the field says nothing",
    ),
    (
        Known(proposal(candidate(WRONG)), put(within=30, unopposed=True)),
        "neighbours",
        "refused",
        None,
        "the well says something else after all",
    ),
    (
        Known(proposal(), put(fills_in=False)),
        "neighbours",
        "refused",
        None,
        "too many wells stray to fill one in",
    ),
    (
        Known(proposal(candidate(near(1.5), "few")), put(within=15)),
        "fail",
        "refused",
        None,
        "doubtful, and not confirmed by looking there again: it lies there by chance",
    ),
    (
        Known(proposal(candidate(WRONG, "few")), put(within=15), near=candidate(near(9))),
        "fail",
        "within the plate's movement",
        near(9),
        "found by looking again where it must lie",
    ),
    (
        Known(proposal(candidate(WRONG)), put(by="plate")),
        "neighbours",
        "refused",
        None,
        "sure, but the plate says otherwise: one is wrong, nobody knows which",
    ),
    (
        Known(proposal(candidate(WRONG)), put(by="image", fields=3)),
        "neighbours",
        "predicted +/- 3.0 px",
        TRUE,
        "sure, but three fields of its image agree on another",
    ),
    (
        Known(proposal(candidate(WRONG)), put(), near=candidate(TRUE)),
        "fail",
        "within the plate's movement",
        TRUE,
        "a lattice's other peak: the right one is where it must be",
    ),
    (
        Known(proposal(candidate(near(2), "few")), None, chains=(Chain(2, TRUE, 0.3),)),
        "fail",
        "confirmed by acquisition 2",
        near(2),
        "doubtful, but a third acquisition gives the same",
    ),
    (
        Known(proposal(candidate(WRONG, "few")), None, chains=(Chain(2, TRUE, 0.3),)),
        "fail",
        "confirmed by acquisition 2",
        TRUE,
        "not found by itself, but over a third acquisition",
    ),
    (
        Known(proposal(candidate(WRONG)), None, chains=(Chain(2, TRUE, 0.3),)),
        "neighbours",
        "refused",
        None,
        "three sure ones that do not add up: one is wrong",
    ),
    (
        Known(proposal(candidate(TRUE)), None, chains=(Chain(2, WRONG, 0.3), Chain(3, TRUE, 0.3))),
        "fail",
        "estimated",
        TRUE,
        "one of two ways says the same: the other way is the wrong one",
    ),
    (
        Known(proposal(candidate(WRONG)), put(), chains=(Chain(2, WRONG, 0.3),)),
        "fail",
        "refused",
        None,
        "the plate says otherwise, and the other acquisition may show the same dirt",
    ),
    (Known(proposal(candidate(STILL, remark=DIRT))), "neighbours", "unmoved", STILL, "alone: told"),
    (Known(proposal(candidate(STILL, remark=DIRT))), "fail", "refused", None, "only what is sure"),
    (
        Known(proposal(candidate(STILL, remark=DIRT)), put(within=3)),
        "neighbours",
        "predicted +/- 3.0 px",
        TRUE,
        "other wells moved, so what stands still is dirt",
    ),
    (
        Known(proposal(candidate(STILL, remark=DIRT)), put(at=(0, 0.5, 0.5), within=3)),
        "fail",
        "estimated",
        STILL,
        "other wells stand still as well",
    ),
    (
        Known(proposal(candidate(STILL, remark=DIRT)), put(at=(0, 0.5, 0.5), within=15)),
        "neighbours",
        "predicted +/- 15.0 px",
        (0, 0.5, 0.5),
        "they may stand still, or not quite: dirt lies there too",
    ),
]


@pytest.mark.parametrize(
    ("known", "policy", "word", "translation"), [c[:4] for c in CASES], ids=[c[4] for c in CASES]
)
def test_decisions(
    known: Known, policy: OnLowConfidence, word: str, translation: Translation | None
) -> None:
    decided = decide_region(known, policy)
    assert decided.word == word
    assert decided.translation == (translation or (0.0, 0.0, 0.0))
    assert word.startswith(decided.decision)
    assert bool(decided.reason) == (decided.decision != "estimated")


def test_what_is_said_names_the_evidence() -> None:
    decided = decide_region(Known(proposal(candidate(WRONG)), put()), "neighbours")
    assert "75.0 micrometers from where the other fields of the plate put it" in decided.reason
    decided = decide_region(Known(proposal(), put(by="well", fields=4)), "neighbours")
    assert "predicted by 4 fields of the well" in decided.reason
    coarse = decide_region(Known(proposal(), put(within=30, unopposed=True)), "neighbours")
    assert "by the plate's movement alone, as nothing in its well says it better" in coarse.reason


LOOKS: list[tuple[Candidate | None, Prediction | None, bool, str]] = [
    (candidate(TRUE), put(), False, "sure, and where it must be"),
    (candidate(WRONG), put(), True, "sure of another place"),
    (candidate(WRONG, "few"), put(), True, "doubtful"),
    (None, put(within=40), True, "nothing found at first"),
    (None, put(within=90), False, "the window would be no small one"),
    (None, None, False, "nobody knows where to look"),
]


@pytest.mark.parametrize(
    ("best", "prediction", "looks", "why"), LOOKS, ids=[look[3] for look in LOOKS]
)
def test_pixels_are_read_again_only_where_that_can_settle_it(
    best: Candidate | None, prediction: Prediction | None, looks: bool, why: str
) -> None:
    known = Known(proposal(*([best] if best else [])), prediction)
    assert needs_second_look(known) == looks, why
    assert not (looks and is_settled(known))


def test_a_refusal_names_the_match_that_was_not_believed() -> None:
    doubtful = proposal(candidate(TRUE, "too few places agree"))
    decided = decide_region(Known(doubtful), "neighbours")
    y, x = (along / doubtful.pixel[1] for along in TRUE[1:])
    assert decided.reason == (
        "too few places agree; no other field says where it must lie; "
        f"its best match lies at y {y:+.1f}, x {x:+.1f} px of the level"
    )
    # Where nothing matches there is none to name.
    assert "best match" not in decide_region(Known(proposal()), "neighbours").reason
    # Of a stack it is named along z too.
    deep = proposal(candidate((2.0, *TRUE[1:]), "few"))
    assert "its best match lies at z +" in decide_region(Known(deep), "fail").reason


def test_a_field_in_two_parts_is_refused_with_both_shifts() -> None:
    best = candidate(WRONG, "it moved in two parts").model_copy(update={"second": TRUE})
    decided = decide_region(Known(proposal(best)), "neighbours")
    assert decided.decision == "refused"
    assert "its best match lies at y +20.0, x +30.0 px of the level" in decided.reason
    assert "that of a part of it at y +80.0, x -45.0 px of the level" in decided.reason
