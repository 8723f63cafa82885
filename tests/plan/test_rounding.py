"""Micrometers become pixels once, outward for the target, to the nearest pixel for the shift."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.plan.region import Region
from tasks.plan.rounding import outward, region_shift, rounded
from tasks.plan.window import Shift


def region(**axes: tuple[float, float]) -> Region:
    return Region(
        name="FOV_1",
        start={axis: start for axis, (start, _) in axes.items()},
        length={axis: length for axis, (_, length) in axes.items()},
    )


def along_x(
    reference: tuple[float, float], acquisition: tuple[float, float], size: float = 1.0
) -> Shift:
    return region_shift(
        region(x=reference), region(x=acquisition), axes=("x",), pixel_size=(size,), shape=(64,)
    )


@pytest.mark.parametrize(
    ("start", "length", "size", "expected", "reason"),
    [
        (0.0, 10.4, 0.325, (0, 32), "on the grid"),
        (0.003, 10.4, 0.325, (0, 32), "machine precision: within 0.01 px of the grid"),
        (0.1, 10.4, 0.325, (0, 33), "off the grid: outward, as ngio does"),
        (16.25, 10.4, 0.325, (50, 82), "beyond the image: not clipped here"),
        (-1.3, 10.4, 0.325, (-4, 28), "before the image: not clipped here"),
        (0.0, 1.0, 2.0, (0, 1), "less than one pixel is one pixel"),
    ],
)
def test_outward(
    start: float, length: float, size: float, expected: tuple[int, int], reason: str
) -> None:
    assert outward(start, length, size) == expected, reason


@pytest.mark.parametrize(
    ("reference", "acquisition", "source", "target", "reason"),
    [
        ((3, 50), (10, 50), (10, 60), (3, 53), "whole pixels"),
        ((0.6, 62.8), (0.0, 62.8), (-1, 63), (0, 64), "fractal-tasks-core#1044, shift of -0.6"),
        ((0.6, 62.8), (1.2, 62.8), (1, 65), (0, 64), "fractal-tasks-core#1044, shift of +0.6"),
        ((0.4, 20.0), (0.6, 20.0), (0, 21), (0, 21), "a shift of 0.2 is none: not 0 against 1"),
        ((5, 20), (5.5, 20), (6, 26), (5, 25), "half a pixel goes up"),
    ],
)
def test_shift(
    reference: tuple[float, float],
    acquisition: tuple[float, float],
    source: tuple[int, int],
    target: tuple[int, int],
    reason: str,
) -> None:
    shift = along_x(reference, acquisition)
    assert (shift.source.start[0], shift.source.stop[0]) == source, reason
    assert (shift.target.start[0], shift.target.stop[0]) == target, reason


micrometers = st.floats(-200, 200, allow_nan=False)


@given(
    start=micrometers,
    moved=micrometers,
    length=st.floats(0.1, 300),
    size=st.floats(0.05, 5.0),
)
def test_windows_have_one_shape_and_the_shift_is_off_by_half_a_pixel_at_most(
    start: float, moved: float, length: float, size: float
) -> None:
    shift = along_x((start, length), (moved, length), size)
    assert shift.source.shape == shift.target.shape
    true = (start - moved) / size
    assume(abs(true % 1 - 0.5) > 1e-6)
    assert abs(shift.offset[0] - true) <= 0.5


@given(start=micrometers, length=st.floats(0.1, 300), size=st.floats(0.05, 5.0))
def test_the_target_holds_the_whole_region(start: float, length: float, size: float) -> None:
    first, last = outward(start, length, size)
    assert first - 0.01 <= start / size
    assert (start + length) / size <= last + 0.02


def test_axes_that_a_region_does_not_name_are_whole() -> None:
    shift = region_shift(
        region(y=(2, 4)),
        region(y=(5, 4)),
        axes=("c", "z", "y"),
        pixel_size=(1, 1, 1),
        shape=(3, 7, 20),
    )
    assert shift.source.start == (0, 0, 5)
    assert shift.source.stop == (3, 7, 9)
    assert shift.offset == (0, 0, -3)


def test_an_axis_that_the_grid_lacks_is_left_out() -> None:
    shift = region_shift(
        region(z=(1, 2), y=(2, 4)),
        region(z=(3, 2), y=(5, 4)),
        axes=("y",),
        pixel_size=(1,),
        shape=(20,),
    )
    assert shift.offset == (-3,)


def test_halves_go_up_on_both_sides_of_zero() -> None:
    assert [rounded(x) for x in (-1.5, -0.5, 0.5, 1.5)] == [-1, 0, 1, 2]


@pytest.mark.parametrize(
    ("start", "size", "offset", "fraction", "reason"),
    [
        (10.0, 1.0, -7, 0.0, "whole pixels leave nothing"),
        (10.3, 1.0, -7, -0.3, "the region lies 0.3 px further right: move that much further left"),
        (9.7, 1.0, -7, 0.3, "rounded up: move back by what was too much"),
        (3.5, 1.0, -1, 0.5, "a half goes up, and back by a half"),
        (10.004, 1.0, -7, 0.0, "machine precision: within 0.01 px of the grid"),
        (3.0 + 0.325 * 7, 0.325, -7, 0.0, "micrometers divided leave no noise"),
        (3.0 + 0.325 * 7.25, 0.325, -7, -0.25, "micrometers divided leave no noise"),
    ],
)
def test_what_rounding_leaves_is_kept_when_asked(
    start: float, size: float, offset: int, fraction: float, reason: str
) -> None:
    def shift(**options: bool) -> Shift:
        return region_shift(
            region(x=(3.0, 20.0)),
            region(x=(start, 20.0)),
            axes=("x",),
            pixel_size=(size,),
            shape=(64,),
            **options,
        )

    assert shift().fraction == ()
    kept = shift(keep_fraction=True)
    assert (kept.offset, kept.fraction) == ((offset,), (fraction,) if fraction else ()), reason
    assert kept.move == ((offset + fraction,) if fraction else (offset,)), reason


@given(start=micrometers, moved=micrometers, size=st.floats(0.05, 5.0))
def test_whole_pixels_and_fraction_are_the_whole_shift(
    start: float, moved: float, size: float
) -> None:
    shift = region_shift(
        region(x=(start, 40.0)),
        region(x=(moved, 40.0)),
        axes=("x",),
        pixel_size=(size,),
        shape=(64,),
        keep_fraction=True,
    )
    assert abs(shift.move[0] - (start - moved) / size) <= 0.01
    assert shift.offset == along_x((start, 40.0), (moved, 40.0), size).offset


def test_only_space_has_something_between_its_pixels() -> None:
    def made(planes: int) -> Shift:
        return region_shift(
            region(t=(0.0, 2.0), z=(0.0, 3.0), y=(2.0, 4.0), x=(1.0, 5.0)),
            region(t=(0.4, 2.0), z=(0.4, 3.0), y=(2.4, 4.0), x=(1.0, 5.0)),
            axes=("t", "c", "z", "y", "x"),
            pixel_size=(1.0,) * 5,
            shape=(4, 3, planes, 20, 20),
            keep_fraction=True,
        )

    assert made(7).fraction == (0.0, 0.0, -0.4, -0.4, 0.0)
    # One plane has nothing beside it.
    assert made(1).fraction == (0.0, 0.0, 0.0, -0.4, 0.0)
