from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.demo.texture import box_filter, mottled


@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    side=st.sampled_from([1, 3, 5]),
    seed=st.integers(0, 1000),
)
def test_box_filter_is_the_mean_of_the_square_around(
    height: int, width: int, side: int, seed: int
) -> None:
    surface = np.random.default_rng(seed).random((height, width), dtype=np.float32)
    padded = np.pad(surface, side // 2, mode="edge")
    squares = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    smooth = box_filter(surface, side)
    assert smooth.dtype == np.float32
    np.testing.assert_allclose(smooth, squares.mean(axis=(2, 3)), rtol=1e-4)


def test_mottling_is_uneven_around_zero_and_grains_are_as_large_as_asked() -> None:
    fine, coarse = (mottled((200, 220), grain, np.random.default_rng(0)) for grain in (3, 21))
    for surface in (fine, coarse):
        assert surface.mean() == pytest.approx(0.0, abs=1e-4)
        assert surface.std() == pytest.approx(1.0, abs=1e-3)
    neighbours = [
        np.corrcoef(surface[:, :-5].ravel(), surface[:, 5:].ravel())[0, 1]
        for surface in (fine, coarse)
    ]
    assert neighbours[0] < 0.2
    assert neighbours[1] > 0.6
