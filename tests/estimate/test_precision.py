"""The standard error says how much estimates scatter, whatever makes them scatter."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.estimate.precision import standard_error
from tasks.estimate.prepare import prepare
from tasks.estimate.refine import refine
from tests.estimate.samples import cells, field, moved, photograph, random

SIZE = 128


@pytest.mark.parametrize(("per_field", "signal"), [(20.0, 20.0), (20.0, 60.0), (6.0, 40.0)])
def test_it_is_the_scatter_of_repeated_photographs(per_field: float, signal: float) -> None:
    rng = random(70)
    content = cells(SIZE, rng, per_field=per_field)
    truth = np.array([0.0, 4.3, -2.6])
    light = (field(content, SIZE), field(moved(content, -truth[1:]), SIZE))
    off, told = [], []
    for _ in range(24):
        one, two = (prepare(photograph(part, rng, signal=signal)[None]) for part in light)
        place = refine([(one, two)], np.round(truth))
        assert place is not None
        off.append((place.shift - truth)[1:])
        told.append(standard_error(place))
    scatter = float(np.std(off, axis=0).max())
    assert 0.5 * scatter < np.median(told) < 2 * scatter


def test_parts_that_moved_apart_make_it_large() -> None:
    rng = random(71)
    content = cells(SIZE, rng, per_field=40)
    together = field(moved(content, (-4.0, 2.0)), SIZE)
    apart = together.copy()
    apart[:, SIZE // 2 :] = field(moved(content, (-4.0, 5.0)), SIZE)[:, SIZE // 2 :]
    errors = []
    for light in (together, apart):
        one, two = (
            prepare(photograph(part, rng, signal=300)[None])
            for part in (field(content, SIZE), light)
        )
        place = refine([(one, two)], np.array([0.0, 4.0, -3.0]))
        assert place is not None
        errors.append(standard_error(place))
    assert errors[1] > 5 * errors[0]


def test_nothing_can_be_said_of_too_few_pixels() -> None:
    one = prepare(random(72).normal(100, 5, (1, 10, 60)))
    place = refine([(one, one)], np.zeros(3))
    assert place is not None
    assert standard_error(place) == float("inf")
