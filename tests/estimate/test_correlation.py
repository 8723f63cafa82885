"""The correlation map against sums over each overlap, one shift after the other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tasks.estimate.correlation import correlation_map
from tasks.estimate.overlap import Mask
from tasks.estimate.prepare import Prepared
from tests.estimate.samples import random

SHARE = 0.3

Shape = tuple[int, int, int]


def prepared(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], valid: Mask) -> Prepared:
    whole = None if valid.all() else valid
    return Prepared(values=values, sharp=values, valid=whole, borders=None, factor=1)


@pytest.mark.parametrize("hidden", [0.0, 0.3], ids=["all pixels", "some do not count"])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [((1, 9, 12), (1, 9, 12)), ((1, 14, 6), (1, 5, 11)), ((3, 7, 8), (4, 7, 5))],
    ids=["alike", "of unlike sizes", "in planes"],
)
def test_every_shift_has_the_correlation_over_its_overlap(
    ours: Shape, theirs: Shape, hidden: float
) -> None:
    rng = random(40, *ours, int(10 * hidden))
    one, two = (rng.standard_normal(shape).astype(np.float32) for shape in (ours, theirs))
    there, here = (rng.random(shape) >= hidden for shape in (ours, theirs))
    one, two = one * there, two * here
    found = correlation_map(prepared(one, there), prepared(two, here), SHARE)
    pixels = min(there.sum(), here.sum())
    allowed = 0
    for shift in itertools.product(*(range(1 - b, a) for a, b in zip(ours, theirs, strict=True))):
        at = tuple(n - first for n, first in zip(shift, found.first, strict=True))
        inside = all(0 <= n < size for n, size in zip(at, found.values.shape, strict=True))
        value = float(found.values[at]) if inside else 0.0
        left = [
            slice(max(0, n), max(0, min(a, b + n)))
            for n, a, b in zip(shift, ours, theirs, strict=True)
        ]
        right = [slice(part.start - n, part.stop - n) for part, n in zip(left, shift, strict=True)]
        a, b = one[tuple(left)], two[tuple(right)]
        both = there[tuple(left)] & here[tuple(right)]
        overlap = int(both.sum())
        if overlap < SHARE * pixels:
            assert value == 0
            continue
        allowed += 1
        scale = np.sqrt((a**2 * both).sum() * (b**2 * both).sum())
        expected = (a * b).sum() / scale * np.sqrt(min(1.0, overlap / pixels))
        assert value == pytest.approx(expected, abs=1e-4)
    assert allowed > 10
