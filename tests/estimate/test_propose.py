"""What a region proposes beside its verdict."""

from __future__ import annotations

import numpy as np

from tasks.estimate.candidate import Limits
from tasks.estimate.match import PROPOSED, match_region, propose
from tests.estimate.ambiguous import PERIOD, lattice
from tests.estimate.samples import pair, random

SIZE = 128
TRUTH = (0.0, 9.4, -13.2)


def off(shift: tuple[float, float, float]) -> float:
    return float(np.max(np.abs(np.subtract(shift, TRUTH))))


def test_a_trusted_shift_stands_alone_and_is_the_verdict() -> None:
    frames = pair(SIZE, TRUTH[1:], random(90), per_field=25)
    assert propose(*frames, Limits()) == (match_region(*frames, Limits()),)
    assert match_region(*frames, Limits()).confident


def test_where_nothing_is_sure_the_right_one_is_among_the_proposals() -> None:
    rng = random(91)
    frames = lattice(SIZE, (0.0, 0.0), rng), lattice(SIZE, (-9.4, 13.2), rng)
    found = propose(*frames, Limits())
    assert 1 < len(found) <= PROPOSED
    assert found[0] == match_region(*frames, Limits())
    assert all(match.doubts and match.evidence for match in found)
    # All lie a whole number of periods from the truth, and none is named twice.
    for match in found:
        rest = (np.subtract(match.shift, TRUTH)[1:] + PERIOD / 2) % PERIOD - PERIOD / 2
        assert np.max(np.abs(rest)) < 0.5
    assert min(off(match.shift) for match in found) < 0.5
    assert len({tuple(np.round(match.shift)) for match in found}) == len(found)
