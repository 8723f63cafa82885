from __future__ import annotations

import numpy as np
import pytest

from tasks.demo.camera import COUNTS_PER_ELECTRON, OFFSET, READ_NOISE, illumination, photograph

SHAPE = (400, 500)


def counts(electrons: float, **options: float) -> np.ndarray:
    light = np.full(SHAPE, electrons, dtype=np.float32)
    return photograph(light, np.random.default_rng(0), **options)


@pytest.mark.parametrize("electrons", [30.0, 200.0, 2000.0])
def test_noise_is_shot_noise_and_read_noise(electrons: float) -> None:
    # In the middle of the field, where illumination is even.
    middle = counts(electrons)[180:220, 220:280].astype(float)
    expected = COUNTS_PER_ELECTRON * np.sqrt(electrons + READ_NOISE**2)
    assert middle.mean() == pytest.approx(OFFSET + COUNTS_PER_ELECTRON * electrons, rel=0.02)
    assert middle.std() == pytest.approx(expected, rel=0.05)


def test_corners_are_darker_than_the_middle() -> None:
    assert illumination(SHAPE).max() == pytest.approx(1.0, abs=1e-4)
    pixels = counts(2000.0).astype(float)
    assert pixels[:40, :40].mean() < 0.95 * pixels[180:220, 220:280].mean()


def test_bleached_stains_give_less_light() -> None:
    fresh, bleached = counts(2000.0), counts(2000.0, exposure=0.5)
    assert bleached.mean() - OFFSET == pytest.approx(0.5 * (fresh.mean() - OFFSET), rel=0.01)


def test_too_much_light_saturates_and_does_not_wrap_around() -> None:
    assert counts(1e6).min() == 65535
