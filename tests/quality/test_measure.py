from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasks.quality.measure import Pictures, agreement_of, likeness_of
from tasks.quality.view import Channel
from tests.quality.scenes import cells, photographed, turned

SEEN = (slice(60, 330), slice(60, 380))


def seen(
    reference: NDArray[np.float64], image: NDArray[np.float64], *, is_registered: bool
) -> Pictures:
    one, other = photographed(reference, 1)[SEEN][None], photographed(image, 2)[SEEN][None]
    return Pictures(
        channel=Channel(number=0, wavelength="", label="DAPI"),
        reference=one,
        before=None if is_registered else other,
        after=other if is_registered else None,
        spacing=(4.0, 4.0),
        pixel_size=(1.3, 1.3),
    )


def test_of_a_raw_image_the_stain_counts_that_agrees_wherever_it_lies() -> None:
    shape = (400, 460)
    nuclei, other = cells(shape, 250), cells(shape, 250, 3)
    for is_registered in (False, True):
        moved = seen(nuclei, turned(nuclei, 0.0, (-30.0, 44.0)), is_registered=is_registered)
        # Another stain shows some of the same where it was, and not much of it.
        unlike = seen(other, 0.7 * other + cells(shape, 400, 4), is_registered=is_registered)
        ranks = [likeness_of(agreement_of(each), each) for each in (moved, unlike)]
        assert (ranks[0] > ranks[1]) is not is_registered
