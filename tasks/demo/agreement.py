"""How well two images agree: normalised cross-correlation over the regions that they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.plan.window import Window


def cross_correlation(
    first: NDArray[np.generic], second: NDArray[np.generic], windows: Sequence[Window]
) -> float:
    """Return the normalised cross-correlation of two images over the same windows of both.

    This is the zero-mean normalised cross-correlation, which is Pearson's correlation of the
    pixel values: 1 for images that differ in brightness and contrast at most, near 0 for images
    that have nothing to do with each other. The pixels of all windows count as one sample.

    Args:
        first: Values of one image.
        second: Values of the other, on the same pixel grid.
        windows: Where to compare, in pixels; axes as in the images.

    Raises:
        ValueError: No pixel to compare, or an image that is flat there, so that correlation has
            no meaning.
    """
    one, other = (
        np.concatenate([image[window.slices].ravel() for window in windows] or [np.empty(0)])
        for image in (first, second)
    )
    if one.size == 0:
        raise ValueError("nothing to compare: the windows hold no pixel")
    one, other = (pixels - pixels.mean(dtype=np.float64) for pixels in (one, other))
    norm = float(np.sqrt(np.dot(one, one) * np.dot(other, other)))
    if norm == 0.0:
        raise ValueError("an image without any contrast correlates with nothing")
    return float(np.dot(one, other) / norm)
