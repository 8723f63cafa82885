"""A consensus that becomes whole pixels stays inside every image, and loses nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.estimate.common_region import Consensus, common_region
from tasks.estimate.keep_inside import Grid, keep_inside
from tasks.plan.region import Region
from tasks.plan.rounding import region_shift
from tasks.plan.window import Shift, Window

PIXEL = 0.1625
"""A size whose multiples are no exact floats."""
PIXELS = 200


def of_whole_images(shifts: Sequence[float]) -> tuple[Consensus, Consensus]:
    """Return the consensus along y of images that a region covers whole, before and after."""
    whole = Region(name="r", start={"y": 0.0}, length={"y": PIXELS * PIXEL})
    moves = (0.0, *shifts)
    images = {Path(str(n)): (whole, (0.0, by * PIXEL, 0.0)) for n, by in enumerate(moves)}
    found = common_region("r", images)
    grids: dict[str, Grid] = {path.name: {"y": (PIXELS, PIXEL)} for path in images}
    return found, keep_inside(found, "0", grids)


def shift_of(consensus: Consensus, image: str) -> Shift:
    """Return what the plan makes of it for one image."""
    here, there = (
        Region(name="r", start=consensus.start[name], length=consensus.length)
        for name in ("0", image)
    )
    return region_shift(here, there, axes=("y",), pixel_size=(PIXEL,), shape=(PIXELS,))


@given(shifts=st.lists(st.floats(-60, 60), min_size=1, max_size=4))
# A half is rounded up or down by the noise of one multiplication.
@example(shifts=[1.5, -1.5])
# So is the sum of where a window begins and how long it is.
@example(shifts=[0.15097243394346896])
def test_no_window_leaves_its_image_and_at_most_a_pixel_a_side_is_lost(
    shifts: list[float],
) -> None:
    found, kept = of_whole_images(shifts)
    image = Window.whole((PIXELS,))
    for name in kept.start:
        shift = shift_of(kept, name)
        assert shift.source == shift.source.clipped_to(image)
        assert shift.target == shift.target.clipped_to(image)
        # How far an image is from the reference is what was estimated.
        for one in (found, kept):
            by = one.start[name]["y"] - one.start["0"]["y"]
            assert abs(by + (0.0, *shifts)[int(name)] * PIXEL) < 1e-9
    lost = (found.length["y"] - kept.length["y"]) / PIXEL
    assert -1e-6 <= lost <= 2 + 1e-6


def test_a_window_that_was_cut_by_rounding_is_whole() -> None:
    found, kept = of_whole_images([10.7])
    # 0.7 of a pixel is rounded to a whole one, and the window began one pixel before the image.
    assert shift_of(found, "1").source.start == (-1,)
    assert (shift_of(kept, "1").source, shift_of(kept, "1").target) == (
        Window(start=(0,), stop=(189,)),
        Window(start=(11,), stop=(200,)),
    )


@given(shifts=st.lists(st.integers(-60, 60), min_size=1, max_size=4))
def test_whole_pixels_are_left_as_they_are(shifts: list[int]) -> None:
    found, kept = of_whole_images(shifts)
    assert np.isclose(found.length["y"], kept.length["y"])
    assert np.isclose(found.start["0"]["y"], kept.start["0"]["y"])


def test_a_region_that_leaves_its_image_by_itself_is_left_as_it_is() -> None:
    start = {"0": {"y": -5 * PIXEL}, "1": {"y": -5 * PIXEL}}
    found = Consensus(region="r", start=start, length={"y": 50 * PIXEL}, share=1.0)
    grids: dict[str, Grid] = {name: {"y": (PIXELS, PIXEL)} for name in "01"}
    assert keep_inside(found, "0", grids) == found
    # An axis that the image does not have, planes for one, cannot be left.
    assert keep_inside(found, "0", {name: {} for name in "01"}) == found
    assert keep_inside(found, "0", {"0": grids["0"], "1": {}}) == found
