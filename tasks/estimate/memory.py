"""How much memory and reading an estimate takes, computed before a pixel is read.

The bound counts pixels in flight, not the interpreter and its libraries. It depends on workers and
on the size of a region at the chosen level, not on how many regions there are.
"""

from __future__ import annotations

import math

from tasks.estimate.field import STRANGERS
from tasks.estimate.level import ChannelLevel
from tasks.estimate.paired import Paired
from tasks.estimate.prepare import working_factor
from tasks.estimate.references import BYTES_PER_KEPT_PIXEL, KEPT_BYTES
from tasks.plan.window import Window

BYTES_PER_WORKING_PIXEL = 400
"""What comparing takes for each of at most 2^20 pixels that a region is averaged down to."""

_CHUNKS_AT_ONCE = 10
"""Chunks that zarr decodes at once for one region (its setting `async.concurrency`)."""


def peak_memory_bytes(paired: Paired, workers: int) -> int:
    """Return an upper bound of the memory that an image's estimate takes at any time, in bytes.

    What is kept of the reference for the other images of the well is in it.

    Args:
        paired: The image and its reference.
        workers: Regions worked on at the same time.
    """
    windows = _windows(paired)
    levels = (paired.reference, paired.moving)
    largest = max(
        sum(_bytes(level, window) for level, window in zip(levels, pair, strict=True))
        for pair in windows
    )
    pixels = max(
        math.prod(window.shape) / max(working_factor(each.shape) for each in pair) ** 2
        for pair in windows
        for window in pair
    )
    decoded = max(_CHUNKS_AT_ONCE * level.chunk_bytes for level in levels)
    of_one = (1 + STRANGERS) * largest + int(BYTES_PER_WORKING_PIXEL * pixels) + decoded
    kept = min(KEPT_BYTES, int(BYTES_PER_KEPT_PIXEL * pixels * len(windows)))
    return min(workers, len(windows)) * of_one + kept


def bytes_to_read(paired: Paired) -> int:
    """Return the bytes of all regions' pixels in both images, as they are in memory."""
    return sum(
        _bytes(level, window)
        for pair in _windows(paired)
        for level, window in zip((paired.reference, paired.moving), pair, strict=True)
    )


def _windows(paired: Paired) -> list[tuple[Window, Window]]:
    return [
        (paired.reference.window(ours), paired.moving.window(theirs))
        for ours, theirs in paired.regions
    ]


def _bytes(level: ChannelLevel, window: Window) -> int:
    return math.prod(window.shape) * level.dtype.itemsize
