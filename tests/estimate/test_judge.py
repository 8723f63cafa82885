"""Every reason for doubt, by itself, and the exceptions."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tasks.estimate.judge import Evidence, doubts
from tasks.estimate.support import Support

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
    ({"correlation": 0.1}, {}, "correlation 0.10", "hardly anything in common"),
    ({"rival": 0.8}, {}, "another shift matches 80%", "two shifts that match"),
    ({"plain_rival": 0.9}, {}, "another shift matches 90%", "the plain view sees a repetition"),
    ({}, {"share": 0.5}, "only 50% of the content", "half of the content disagrees"),
    ({"phase": True}, {"share": 0.8}, "only 80% of the content", "an outline in the phase view"),
    ({}, {"share": 0.8}, "", "the same is enough in the plain view"),
    ({}, {"share_elsewhere": 0.3}, "away from the strongest", "one object and nothing else"),
    ({}, {"weight_elsewhere": 0.05}, "away from the strongest", "one object and its halo"),
    ({"plain_weight_elsewhere": 0.05}, {}, "away from the strongest", "one object, whitened"),
    ({}, {"places": 1}, "only 1 places agree", "one object"),
    ({}, {"places": 2}, "", "two objects that agree through and through"),
    ({"correlation": 0.8}, {"places": 2}, "only 2 places agree", "two that agree a little"),
    ({"refined": False}, {}, "could not be refined", "no maximum nearby"),
    ({"error": 0.7}, {}, "uncertain by 0.7 pixels", "a broad peak in noise"),
    ({"error": 0.7, "width": 30.0}, {}, "", "the same, of large organoids"),
    ({"beyond": True}, {}, "beyond the largest", "too far"),
]


@pytest.mark.parametrize(
    ("evidence", "support", "said"), [c[:3] for c in CASES], ids=[c[3] for c in CASES]
)
def test_each_doubt_is_told(evidence: dict[str, Any], support: dict[str, Any], said: str) -> None:
    judged = dataclasses.replace(SOUND, support=dataclasses.replace(SUPPORT, **support), **evidence)
    told = doubts(judged)
    assert len(told) == bool(said)
    assert said in "".join(told)
