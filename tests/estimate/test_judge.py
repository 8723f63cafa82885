"""Every reason for doubt, by itself, and the exceptions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tasks.estimate.judge import Evidence, doubts
from tasks.estimate.second_movement import SecondMovement
from tasks.estimate.support import Support
from tasks.estimate.turn import Turn

SUPPORT = Support(share=0.95, share_elsewhere=0.95, coverage=0.8, weight_elsewhere=0.6, places=5)
SOUND = Evidence(
    phase=False,
    correlation=0.9,
    rival=0.3,
    plain_rival=0.3,
    plain_weight_elsewhere=0.6,
    support=SUPPORT,
    refined=True,
    error=0.1,
    width=8.0,
    beyond=False,
)

CASES: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {}, "", "nothing against it"),
    ({"correlation": 0.1}, {}, "correlation 0.10, at least 0.2", "hardly anything in common"),
    ({"rival": 0.8}, {}, "matches 80% as well (at most 75%)", "two shifts that match"),
    ({"plain_rival": 0.9}, {}, "matches 90% as well (at most 85%)", "the plain view sees it twice"),
    ({}, {"share": 0.4}, "only 40% of the content", "most of the content disagrees"),
    ({"phase": True}, {"share": 0.8}, "only 80% of the content", "an outline in the phase view"),
    ({}, {"share": 0.8}, "", "the same is enough in the plain view"),
    ({}, {"share_elsewhere": 0.3}, "strongest object only 30%", "one object and nothing else"),
    ({}, {"weight_elsewhere": 0.05}, "5% lies elsewhere", "one object and its halo"),
    ({"plain_weight_elsewhere": 0.05}, {}, "5% lies elsewhere", "one object, whitened"),
    ({}, {"places": 1}, "only 1 separate place", "one object"),
    ({}, {"places": 2}, "", "two objects that agree"),
    ({"correlation": 0.4}, {"places": 2}, "only 2 separate places", "two that agree a little"),
    ({"rival": 0.65}, {"places": 2}, "only 2 separate places", "two that lie elsewhere too"),
    ({"rival": 0.7}, {"share": 0.6}, "only 60% of the content confirms it (at least 65%)", "half"),
    ({"refined": False}, {}, "to a fraction of a pixel", "no maximum nearby"),
    ({"error": 0.7}, {}, "uncertain by 0.7 pixels", "a broad peak in noise"),
    ({"error": 0.7, "width": 30.0}, {}, "", "the same, of large organoids"),
    ({"error": 0.5}, {}, "", "a little noise"),
    ({"error": 0.5}, {"share": 0.7}, "uncertain by 0.5 pixels", "a part pulls to one side"),
    ({"error": 0.5, "correlation": 0.6}, {"share": 0.7}, "", "the same, but noise explains it"),
    (
        {"second": SecondMovement((0.0, 9.0, 4.0), 0.55)},
        {},
        "in two parts: 55% as much",
        "a part moved by itself",
    ),
    ({"beyond": True}, {}, "beyond the largest", "too far"),
    ({}, {"turn": Turn(-1.5, 0.1)}, "turned by 1.5 +/- 0.1 degrees", "a plate put in askew"),
    ({}, {"turn": Turn(0.4, 0.05)}, "", "the corners stay together"),
    ({}, {"turn": Turn(3.0, 1.0)}, "", "too few tiles to tell"),
]


@pytest.mark.parametrize(
    ("evidence", "support", "said"), [c[:3] for c in CASES], ids=[c[3] for c in CASES]
)
def test_each_doubt_is_told(evidence: dict[str, Any], support: dict[str, Any], said: str) -> None:
    judged = dataclasses.replace(SOUND, support=dataclasses.replace(SUPPORT, **support), **evidence)
    told = doubts(judged)
    assert len(told) == bool(said)
    assert said in "".join(told)
