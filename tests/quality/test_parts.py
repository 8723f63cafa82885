from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.parts import parts_of


def around(*middles: tuple[float, float], count: int = 8, scatter: float = 0.05) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.concatenate([m + random.normal(0, scatter, (count, 2)) for m in middles])


def test_two_parts_are_told_apart_and_strays_belong_to_none() -> None:
    motion = np.concatenate([around((0.0, -1.0), count=9), around((0.3, 1.0)), [[7.0, -9.0]]])
    one, two = parts_of(motion)
    assert one.tolist() == [True] * 9 + [False] * 9
    assert two.tolist() == [False] * 9 + [True] * 8 + [False]


@pytest.mark.parametrize(
    ("motion", "reason"),
    [
        (np.empty((0, 2)), "no block"),
        (around((2.0, 2.0)), "all together"),
        (around((0.0, 0.0), (0.0, 0.5)), "too near to be two"),
        (np.concatenate([around((0.0, 0.0), count=20), around((3.0, 0.0), count=2)]), "two strays"),
        (np.stack([np.linspace(-4, 4, 60), np.zeros(60)], 1), "a steady change"),
        (np.random.default_rng(1).uniform(-6, 6, (60, 2)), "chance"),
    ],
)
def test_what_are_no_parts(motion: np.ndarray, reason: str) -> None:
    assert parts_of(motion) == [], reason
