"""Windows keep their shape, stay inside, and are cut together."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.plan.window import Shift, Window

SIDE = 12


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.tuples(st.integers(-8, 15), st.integers(-8, 15)))
    shape = draw(st.tuples(st.integers(0, 20), st.integers(0, 20)))
    return Window(start=start, stop=(start[0] + shape[0], start[1] + shape[1]))


def covered(window: Window) -> set[tuple[int, int]]:
    return {
        (y, x)
        for y in range(window.start[0], window.stop[0])
        for x in range(window.start[1], window.stop[1])
    }


@given(windows(), windows())
def test_clipping_keeps_exactly_the_common_pixels(window: Window, other: Window) -> None:
    assert covered(window.clipped_to(other)) == covered(window) & covered(other)


@given(windows(), st.tuples(st.integers(-15, 15), st.integers(-15, 15)))
def test_a_clipped_shift_moves_every_pixel_that_both_images_have(
    source: Window, offset: tuple[int, int]
) -> None:
    shift = Shift(region="any", source=source, target=source.moved_by(offset))
    kept = shift.clipped_to((SIDE, SIDE), (SIDE, SIDE + 3))
    inside = {
        (y, x)
        for y, x in covered(source)
        if 0 <= y < SIDE
        and 0 <= x < SIDE
        and 0 <= y + offset[0] < SIDE
        and 0 <= x + offset[1] < SIDE + 3
    }
    assert covered(kept.source) == inside
    assert covered(kept.target) == {(y + offset[0], x + offset[1]) for y, x in inside}
    assert kept.source.shape == kept.target.shape
    if inside:
        assert kept.offset == offset


def test_slices_select_the_window() -> None:
    array = np.arange(20).reshape(4, 5)
    assert array[Window(start=(1, 2), stop=(3, 5)).slices].tolist() == [[7, 8, 9], [12, 13, 14]]


@pytest.mark.parametrize(
    ("start", "stop", "reason"),
    [
        ((0, 0), (1,), "one stop per start"),
        ((5,), (4,), "cannot stop before it starts"),
    ],
)
def test_impossible_windows_are_refused(
    start: tuple[int, ...], stop: tuple[int, ...], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        Window(start=start, stop=stop)


def test_a_shift_whose_windows_differ_in_shape_is_refused() -> None:
    with pytest.raises(ValidationError, match="region 'FOV_1' reads"):
        Shift(
            region="FOV_1",
            source=Window(start=(0,), stop=(4,)),
            target=Window(start=(0,), stop=(5,)),
        )


@pytest.mark.parametrize("fraction", [(0.2,), (0.2, 0.6), (0.0, -0.51)])
def test_a_fraction_is_half_a_pixel_per_axis_at_most(fraction: tuple[float, ...]) -> None:
    window = Window.whole((4, 4))
    with pytest.raises(ValidationError, match="region 'FOV_1' moves by fractions"):
        Shift(region="FOV_1", source=window, target=window, fraction=fraction)


def test_a_shift_by_a_fraction_is_no_identity_and_keeps_it_when_it_is_cut() -> None:
    window = Window.whole((4, 4))
    shift = Shift(region="FOV_1", source=window, target=window, fraction=(0.0, 0.25))
    assert not shift.is_identity
    assert not shift.is_whole
    assert shift.clipped_to((3, 4), (4, 3)).fraction == (0.0, 0.25)


def test_a_whole_shift_is_serialised_as_before_there_were_fractions() -> None:
    window = Window.whole((4,))
    whole = Shift(region="FOV_1", source=window, target=window)
    box = {"start": [0], "stop": [4]}
    before = {"region": "FOV_1", "source": box, "target": box}
    assert json.loads(whole.model_dump_json()) == before
    assert Shift.model_validate_json(json.dumps(before)) == whole
    moved = whole.model_copy(update={"fraction": (0.25,)})
    assert Shift.model_validate_json(moved.model_dump_json()) == moved


def test_windows_cannot_change() -> None:
    window = Window.whole((3, 4))
    with pytest.raises(ValidationError):
        window.start = (1, 1)
