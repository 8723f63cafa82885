"""A consensus that becomes whole pixels stays inside every field, and loses nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.estimate.common_region import Consensus, common_region
from tasks.estimate.keep_inside import Grid, Side, keep_inside, of_field
from tasks.plan.region import Region
from tasks.plan.rounding import region_shift
from tasks.plan.window import Shift, Window

PIXEL = 0.1625
"""A size whose multiples are no exact floats."""
PIXELS = 200


IMAGE: Grid = {"y": Side(0, PIXELS, PIXEL)}


def of_fields(
    shifts: Sequence[float], first: float = 0, pixels: float = PIXELS
) -> tuple[Consensus, Consensus]:
    """Return the consensus along y of a field of images, the whole of them, before and after."""
    field = Region(name="r", start={"y": first * PIXEL}, length={"y": pixels * PIXEL})
    moves = (0.0, *shifts)
    images = {Path(str(n)): (field, (0.0, by * PIXEL, 0.0)) for n, by in enumerate(moves)}
    found = common_region("r", images)
    grids = {path.name: of_field(IMAGE, field) for path in images}
    return found, keep_inside(found, "0", grids)


def shift_of(consensus: Consensus, image: str) -> Shift:
    """Return what the plan makes of it for one image."""
    here, there = (
        Region(name="r", start=consensus.start[name], length=consensus.length)
        for name in ("0", image)
    )
    return region_shift(here, there, axes=("y",), pixel_size=(PIXEL,), shape=(PIXELS,))


@given(
    shifts=st.lists(st.floats(-30, 30), min_size=1, max_size=4),
    # The whole image, a field with others on both sides, and one that begins within a pixel.
    place=st.sampled_from([(0, PIXELS), (60, 80), (60.5, 80.25)]),
)
# A half is rounded up or down by the noise of one multiplication.
@example(shifts=[1.5, -1.5], place=(0, PIXELS))
# So is the sum of where a window begins and how long it is.
@example(shifts=[0.15097243394346896], place=(0, PIXELS))
def test_no_window_leaves_its_field_and_at_most_a_pixel_a_side_is_lost(
    shifts: list[float], place: tuple[float, float]
) -> None:
    first, pixels = place
    found, kept = of_fields(shifts, first, pixels)
    # Of a pixel that two fields share each has its part.
    field = Window(start=(math.floor(first),), stop=(math.ceil(first + pixels),))
    for name in kept.start:
        shift = shift_of(kept, name)
        assert shift.source == shift.source.clipped_to(field)
        assert shift.target == shift.target.clipped_to(field)
        # How far an image is from the reference is what was estimated.
        for one in (found, kept):
            by = one.start[name]["y"] - one.start["0"]["y"]
            assert abs(by + (0.0, *shifts)[int(name)] * PIXEL) < 1e-9
    lost = (found.length["y"] - kept.length["y"]) / PIXEL
    assert -1e-6 <= lost <= 2 + 1e-6


def test_a_window_that_was_cut_by_rounding_is_whole() -> None:
    found, kept = of_fields([10.7])
    # 0.7 of a pixel is rounded to a whole one, and the window began one pixel before the image.
    assert shift_of(found, "1").source.start == (-1,)
    assert (shift_of(kept, "1").source, shift_of(kept, "1").target) == (
        Window(start=(0,), stop=(189,)),
        Window(start=(11,), stop=(200,)),
    )


@given(shifts=st.lists(st.integers(-60, 60), min_size=1, max_size=4))
def test_whole_pixels_are_left_as_they_are(shifts: list[int]) -> None:
    found, kept = of_fields(shifts)
    assert np.isclose(found.length["y"], kept.length["y"])
    assert np.isclose(found.start["0"]["y"], kept.start["0"]["y"])


def test_a_region_that_leaves_its_image_by_itself_is_left_as_it_is() -> None:
    start = {"0": {"y": -5 * PIXEL}, "1": {"y": -5 * PIXEL}}
    found = Consensus(region="r", start=start, length={"y": 50 * PIXEL}, share=1.0)
    grids = dict.fromkeys("01", IMAGE)
    assert keep_inside(found, "0", grids) == found
    # An axis that the image does not have, planes for one, cannot be left.
    assert keep_inside(found, "0", {name: {} for name in "01"}) == found
    assert keep_inside(found, "0", {"0": grids["0"], "1": {}}) == found
