"""Shifts between acquisitions add up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.movement.closure import Chain, Link, chains, closes

PIXEL = (1.0, 1.0, 1.0)
places = st.lists(
    st.tuples(*[st.floats(-100, 100, allow_nan=False) for _ in range(3)]), min_size=3, max_size=6
)


def link(of: list[tuple[float, float, float]], a: int, b: int, *, sure: bool = True) -> Link:
    z, y, x = np.subtract(of[b], of[a])
    return Link(a, b, (float(z), float(y), float(x)), 0.1, sure)


@given(places, st.data())
def test_true_shifts_always_add_up_whatever_way_they_are_given(
    at: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    links = [link(at, a, b) for a in range(len(at)) for b in range(a)]
    links = [data.draw(st.sampled_from([one, one.reversed()])) for one in links]
    found = chains(1, 0, links)
    assert [chain.over for chain in found] == list(range(2, len(at)))
    truth = link(at, 1, 0)
    assert all(closes(truth.translation, truth.error, chain, PIXEL) for chain in found)


@given(places, st.floats(5, 100), st.sampled_from([0, 1, 2]))
def test_a_wrong_shift_contradicts_all_that_are_right(
    at: list[tuple[float, float, float]], by: float, axis: int
) -> None:
    links = [link(at, a, b) for a in range(len(at)) for b in range(a)]
    wrong = np.array(link(at, 1, 0).translation)
    wrong[axis] += by
    assert not any(closes(tuple(wrong), 0.1, chain, PIXEL) for chain in chains(1, 0, links))


def test_what_is_not_sure_says_nothing() -> None:
    at = [(0.0, 0.0, 0.0), (0.0, 5.0, 5.0), (0.0, 9.0, -3.0)]
    assert chains(1, 0, [link(at, 1, 2), link(at, 2, 0, sure=False)]) == ()
    assert chains(1, 0, [link(at, 1, 0), link(at, 2, 0)]) == ()


def test_errors_add_up_too() -> None:
    chain = Chain(2, (0.0, 10.0, 0.0), error=3.0)
    assert closes((0.0, 20.0, 0.0), 0.1, chain, PIXEL)
    assert not closes((0.0, 20.0, 0.0), 0.1, Chain(2, (0.0, 10.0, 0.0), 0.1), PIXEL)
