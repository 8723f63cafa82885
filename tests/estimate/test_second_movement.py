"""A field that moved in two parts is refused with both shifts; all that looks like it is not."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from tasks.estimate.candidate import Limits, Match
from tasks.estimate.match import match_region
from tasks.estimate.prepare import prepare
from tasks.estimate.second_movement import SecondMovement, find_second_movement
from tests.estimate.ambiguous import Pair, Shift, in_two_parts, lattice
from tests.estimate.samples import cells, field, moved, pair, photograph, random, tissue

ONE, TWO = (9.0, -13.0), (-12.0, 8.0)
WIDTH = np.array([1.0, 8.0, 8.0])


def second(frames: Pair, shift: Shift) -> SecondMovement | None:
    one, two = (prepare(frame, factor=1) for frame in frames)
    return find_second_movement(one, two, np.array([0.0, *shift]), WIDTH)


def off(found: Match | SecondMovement, truth: Shift) -> float:
    return float(np.max(np.abs(np.subtract(found.shift, (0.0, *truth)))))


@pytest.mark.parametrize("parts", ["mixed", "halves"])
@pytest.mark.parametrize(("size", "per_field", "share"), [(256, 100, 0.6), (512, 300, 0.65)])
def test_the_other_shift_is_found(
    parts: Literal["mixed", "halves"], size: int, per_field: int, share: float
) -> None:
    frames = in_two_parts(
        size, (ONE, TWO), random(60, size), share=share, per_field=per_field, parts=parts
    )
    found = second(frames, ONE)
    assert found is not None
    assert off(found, TWO) <= 4
    assert 0.2 < found.share < 1.2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("parts", ["mixed", "halves"])
def test_a_field_in_two_parts_is_refused(parts: Literal["mixed", "halves"], seed: int) -> None:
    # In so large a field each tile holds cells of both parts: nearly all of it agrees with either.
    frames = in_two_parts(448, (ONE, TWO), random(61, seed), share=0.6, per_field=230, parts=parts)
    match = match_region(*frames, Limits())
    assert "it moved in two parts" in "".join(match.doubts)
    assert match.evidence is not None
    assert match.evidence.second is not None
    assert off(match, ONE) < 1
    assert off(match.evidence.second, TWO) <= 4


def test_few_that_moved_by_themselves_are_no_second_movement() -> None:
    frames = in_two_parts(256, (ONE, TWO), random(62), share=0.88, per_field=60, parts="mixed")
    match = match_region(*frames, Limits())
    assert match.confident, match.doubts
    assert off(match, ONE) < 0.5


def test_parts_that_hardly_moved_apart_are_one() -> None:
    frames = in_two_parts(
        512,
        ((28.8, -66.0), (27.5, -70.8)),
        random(63),
        share=0.5,
        per_field=5,
        parts="halves",
        radius=60.0,
    )
    assert second(frames, (28.2, -68.4)) is None


def without_a_second() -> list[tuple[Pair, Shift, str]]:
    rng = random(64)
    kept, lost = (cells(192, rng, per_field=n) for n in (20, 10))
    back = (-ONE[0], -ONE[1])
    grown = tissue((6, 220, 220), rng)
    return [
        (pair(192, ONE, rng, per_field=20), ONE, "one movement"),
        (pair(192, (9.4, -13.5), rng, per_field=20), (9.4, -13.5), "of a fraction of a pixel"),
        (
            (lattice(192, (0, 0), rng), lattice(192, back, rng)),
            ONE,
            "what repeats matches alike on both sides",
        ),
        (
            (
                photograph(field(kept + lost, 192), rng, signal=300)[None],
                photograph(field(moved(kept, back), 192), rng, signal=300)[None],
            ),
            ONE,
            "a third was lost",
        ),
        (
            (
                photograph(grown[:, 20:200, 20:200], rng, signal=300),
                photograph(moved(grown, (0, *back))[:, 20:200, 20:200], rng, signal=300),
            ),
            ONE,
            "tissue in planes",
        ),
    ]


CASES = without_a_second()


@pytest.mark.parametrize(
    ("frames", "shift"), [case[:2] for case in CASES], ids=[case[2] for case in CASES]
)
def test_there_is_none(frames: Pair, shift: Shift) -> None:
    assert second(frames, shift) is None
