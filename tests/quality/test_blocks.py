from __future__ import annotations

import numpy as np
import pytest

from tasks.quality.blocks import SMALLEST_BLOCK, block_side, blocks_at, corners_of, have_content


@pytest.mark.parametrize(
    ("shape", "side"),
    [
        ((SMALLEST_BLOCK - 1, 500), None),
        ((SMALLEST_BLOCK, 500), SMALLEST_BLOCK),
        ((270, 320), 48),
        ((2160, 2560), 128),
    ],
)
def test_the_size_of_blocks(shape: tuple[int, int], side: int | None) -> None:
    assert block_side(shape) == side


@pytest.mark.parametrize("shape", [(24, 500), (49, 61), (270, 320)])
def test_blocks_cover_a_picture_and_are_cut_where_they_say(shape: tuple[int, int]) -> None:
    side = block_side(shape)
    assert side is not None
    picture = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    covered = np.zeros(shape, bool)
    corners = corners_of(shape, side)
    for (y, x), block in zip(corners, blocks_at(corners, picture, side), strict=True):
        np.testing.assert_array_equal(block, picture[y : y + side, x : x + side])
        covered[y : y + side, x : x + side] = True
    assert covered.all()


def test_a_block_has_content_where_it_varies_by_more_than_noise() -> None:
    picture = np.random.default_rng(0).normal(100, 5, (96, 96)).astype(np.float32)
    picture[60:90, 60:90] += 40
    side = block_side(picture.shape)
    assert side is not None
    far = (corners_of(picture.shape, side) + side <= 60).any(axis=1)
    np.testing.assert_array_equal(have_content(picture, side), ~far)
