"""Units that stay are those that the last region touching them covers whole and leaves there."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.pixels.blocks import BlockGrid
from tasks.pixels.still import still_units
from tasks.plan.window import Shift, Window

SHAPE = (23, 17)

interval = st.tuples(st.integers(0, 22), st.integers(1, 23)).map(lambda pair: (pair[0], sum(pair)))
regions = st.lists(
    st.tuples(interval, interval, st.sampled_from([(0, 0), (1, 0), (-2, 3)])), max_size=5
)


@given(
    units=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    first=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    chosen=regions,
)
def test_equals_looking_at_every_unit(
    units: tuple[int, int],
    first: tuple[int, int],
    chosen: list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]],
) -> None:
    grid = BlockGrid(shape=SHAPE, block=units)
    block = Window(start=tuple(f * n for f, n in zip(first, units, strict=True)), stop=SHAPE)
    shifts = []
    for (top, bottom), (left, right), offset in chosen:
        target = Window(start=(top, left), stop=(bottom, right)).clipped_to(block)
        if not target.is_empty:
            source = target.moved_by(tuple(-d for d in offset))
            shifts.append(Shift(region="any", source=source, target=target))
    found = still_units(block, grid, shifts)
    expected = np.zeros_like(found)
    for place in np.ndindex(found.shape):
        unit = grid.window(tuple(f + p for f, p in zip(first, place, strict=True)))
        touching = [s for s in shifts if not s.target.clipped_to(unit).is_empty]
        expected[place] = (
            bool(touching)
            and touching[-1].is_identity
            and touching[-1].target.clipped_to(unit) == unit
        )
    np.testing.assert_array_equal(found, expected)


def test_a_fraction_is_a_move() -> None:
    whole = Window.whole(SHAPE)
    shift = Shift(region="well", source=whole, target=whole, fraction=(0.25, 0))
    assert not still_units(whole, BlockGrid(shape=SHAPE, block=(8, 8)), [shift]).any()
