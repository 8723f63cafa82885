from __future__ import annotations

import pytest

from tasks.quality.options import Thresholds
from tasks.quality.region_quality import Agreement, Motion, Verdict
from tasks.quality.verdict import judge

GOOD = Agreement(channel="DAPI", before=0.1, after=0.95, others=0.05)
STILL = Motion(
    places=40,
    clear=38,
    median=0.4,
    largest=1.0,
    rotation=0.01,
    rotation_error=0.01,
    rotation_share=0.0,
    in_corner=0.2,
)


def agreeing(**values: float | None) -> Agreement:
    return GOOD.model_copy(update=values)


def moving(**values: float | tuple[int, int] | None) -> Motion:
    return STILL.model_copy(update=values)


@pytest.mark.parametrize(
    ("agreement", "motion", "cut_away", "verdict", "said"),
    [
        pytest.param(GOOD, STILL, 0.05, "pass", "0.95", id="right"),
        pytest.param(None, None, None, "nothing to judge", "channel", id="no channel is shared"),
        pytest.param(
            agreeing(after=None),
            moving(places=0, clear=0),
            None,
            "nothing to judge",
            "noise",
            id="empty",
        ),
        pytest.param(
            agreeing(after=0.02),
            moving(places=0, clear=0),
            None,
            "nothing to judge",
            "noise",
            id="noise agrees with nothing, and that is no failure",
        ),
        pytest.param(
            agreeing(after=0.12), moving(clear=19), None, "fail", "other wells", id="chance"
        ),
        pytest.param(
            agreeing(after=0.12), STILL, None, "check", "agrees little (0.12)", id="another stain"
        ),
        pytest.param(
            agreeing(after=0.5),
            moving(places=0, clear=0, in_one_only=(3, 2)),
            None,
            "fail",
            "only where its reference shows nothing",
            id="cells elsewhere",
        ),
        pytest.param(
            agreeing(after=0.0),
            moving(places=0, clear=0, in_one_only=(3, 0)),
            None,
            "nothing to judge",
            "of the image",
            id="cells that are gone",
        ),
        pytest.param(
            agreeing(after=0.85, others=0.8),
            STILL,
            None,
            "pass",
            "0.85",
            id="what all wells share leaves less room above it",
        ),
        pytest.param(
            agreeing(after=0.81, others=0.8), STILL, None, "fail", "0.80", id="that room is used"
        ),
        pytest.param(
            agreeing(after=0.4, others=-0.3), STILL, None, "pass", "0.40", id="a negative chance"
        ),
        pytest.param(
            agreeing(before=0.37, after=0.24),
            moving(places=5, clear=0, blocks=56, in_one_only=(0, 9)),
            None,
            "nothing to judge",
            "5 of 56 places",
            id="the lamp's shading and a few cells at the edge",
        ),
        pytest.param(
            agreeing(before=0.37, after=0.24),
            moving(places=5, clear=0, blocks=72, in_one_only=(1, 11)),
            None,
            "nothing to judge",
            "5 of 72 places",
            id="next to nothing, and one block by chance",
        ),
        pytest.param(
            agreeing(before=0.4, after=0.04),
            moving(places=5, clear=0, blocks=56, in_one_only=(8, 9)),
            None,
            "fail",
            "other wells",
            id="few cells, and they lie elsewhere",
        ),
        pytest.param(GOOD, moving(median=7.0), None, "fail", "7.0 px", id="far off"),
        pytest.param(agreeing(before=0.99, after=0.8), STILL, None, "fail", "before", id="worse"),
        pytest.param(GOOD, moving(median=2.5), None, "check", "2.5 px", id="a little off"),
        pytest.param(
            GOOD,
            moving(rotation=0.3, rotation_error=0.01, in_corner=4.0),
            None,
            "check",
            "0.30 degrees",
            id="turned",
        ),
        pytest.param(
            GOOD,
            moving(rotation=0.3, rotation_error=0.2, in_corner=4.0),
            None,
            "pass",
            "",
            id="a turn that is not known to be one",
        ),
        pytest.param(
            GOOD, moving(clear=10), None, "check", "10 of 40", id="half is something else"
        ),
        pytest.param(GOOD, moving(places=2, clear=0), None, "check", "too little", id="one cell"),
        pytest.param(GOOD, STILL, 0.4, "check", "40%", id="much is lost"),
    ],
)
def test_verdict_and_the_number_that_decided(
    agreement: Agreement | None,
    motion: Motion | None,
    cut_away: float | None,
    verdict: Verdict,
    said: str,
) -> None:
    found, reason = judge(agreement, motion, cut_away, Thresholds())
    assert (found, said in reason) == (verdict, True)


def test_thresholds_are_the_callers() -> None:
    strict = Thresholds(check_residual_px=0.2, fail_residual_px=0.3)
    assert judge(GOOD, STILL, None, strict)[0] == "fail"
