from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.agreement import agreement
from tests.quality.scenes import cells, photographed


def test_it_is_numpys_correlation_where_nothing_is_clipped() -> None:
    random = np.random.default_rng(0)
    one = random.integers(0, 100, (3, 20, 30))
    other = one + random.integers(0, 50, one.shape)
    # Its quantile of 0.999 is a value that several pixels have.
    clipped = [np.minimum(each, np.quantile(each, 0.999)) for each in (one, other)]
    # Each plane less its mean.
    planes = [each - each.mean(axis=(1, 2), keepdims=True) for each in clipped]
    expected = np.corrcoef(*(each.ravel() for each in planes))[0, 1]
    assert agreement(one, other) == pytest.approx(expected, abs=1e-5)


def test_brightness_and_offset_do_not_count() -> None:
    one = cells((60, 70), 20)
    assert agreement(one, 3 * one + 7) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "empty",
    [
        pytest.param(np.zeros((1, 8, 8), np.uint16), id="black"),
        pytest.param(np.full((1, 8, 8), 65535, np.uint16), id="saturated"),
        pytest.param(np.full((1, 8, 8), 0.1, np.float32), id="a constant that float32 rounds"),
        pytest.param(np.full((1, 8, 8), np.nan), id="missing values only"),
        pytest.param(np.zeros((1, 0, 8)), id="no pixels"),
    ],
)
def test_where_nothing_is_seen_nothing_is_said(empty: np.ndarray) -> None:
    assert agreement(empty, empty) is None


def test_one_speck_of_debris_makes_no_agreement() -> None:
    one, other = (photographed(np.full((100, 100), 100.0), seed) for seed in (1, 2))
    one[50, 50] = other[50, 50] = 60_000
    found = agreement(one, other)
    assert found is not None
    assert abs(found) < 0.1
    # What plain correlation says of it.
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9


def test_light_that_fades_with_depth_is_no_agreement() -> None:
    random = np.random.default_rng(5)
    fading = np.linspace(1000, 100, 12)[:, None, None]
    one, other = (fading + random.normal(scale=20, size=(12, 40, 40)) for _ in range(2))
    found = agreement(one, other)
    assert found is not None
    assert abs(found) < 0.05
