"""The weights are those of the published kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.interpolation import reach, shift_taps, taps, working_type
from tasks.plan.window import Shift, Window
from tests.interpolation_oracle import keys

fractions = st.floats(-0.5, 0.5).filter(lambda f: abs(f) > 1e-6)


@given(fractions)
def test_cubic_weights_are_keys(fraction: float) -> None:
    made = taps(fraction, "cubic")
    # A target pixel shows what lay a fraction before it.
    distance = np.arange(made.first, made.first + 4) + fraction
    np.testing.assert_allclose(made.weights, keys(distance), atol=1e-12)
    assert len(made.weights) == 4
    assert abs(distance).max() < 2


@given(fractions)
def test_linear_weights_are_the_distances(fraction: float) -> None:
    made = taps(fraction, "linear")
    distance = np.arange(made.first, made.first + 2) + fraction
    np.testing.assert_allclose(made.weights, 1 - abs(distance), atol=1e-12)


@given(fractions, st.tuples(*[st.floats(-9, 9)] * 3))
def test_cubic_reproduces_parabolas(fraction: float, factors: tuple[float, ...]) -> None:
    made = taps(fraction, "cubic")
    pixels = np.polyval(factors, np.arange(made.first, made.first + 4, dtype=float))
    value = float(np.dot(pixels, made.weights))
    assert value == pytest.approx(np.polyval(factors, -fraction), abs=1e-9)


@pytest.mark.parametrize(("fraction", "kind"), [(0.0, "cubic"), (0.0, "linear"), (0.3, "none")])
def test_a_whole_move_takes_one_pixel(fraction: float, kind: str) -> None:
    assert taps(fraction, kind).weights == (1.0,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fraction", "kind", "expected"),
    [
        (0.3, "linear", (-1, 0)),
        (-0.3, "linear", (0, 1)),
        (0.3, "cubic", (-2, 1)),
        (-0.3, "cubic", (-1, 2)),
        (0.5, "cubic", (-2, 1)),
        (-0.5, "cubic", (-1, 2)),
    ],
)
def test_a_window_reaches_as_far_as_its_taps(
    fraction: float, kind: str, expected: tuple[int, int]
) -> None:
    window = Window(start=(5, 5), stop=(8, 9))
    shift = Shift(region="any", source=window, target=window, fraction=(0.0, fraction))
    before, after = expected
    assert reach(window, shift_taps(shift, kind)) == Window(  # type: ignore[arg-type]
        start=(5, 5 + before), stop=(8, 9 + after)
    )


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", "float32"),
        ("int16", "float32"),
        ("float16", "float32"),
        ("float32", "float32"),
        ("uint32", "float64"),
        ("int64", "float64"),
        ("float64", "float64"),
    ],
)
def test_what_pixels_are_weighed_in(dtype: str, expected: str) -> None:
    assert working_type(dtype) == np.dtype(expected)
