"""How long estimating one field takes, beside scikit-image and the reference system's method."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from rich.table import Table
from skimage.registration import phase_cross_correlation

from tasks.estimate.candidate import Limits
from tasks.estimate.match import match_region
from tests.benchmarks.estimation import Frames, reference_systems
from tests.estimate.samples import cells, field, moved, photograph, random, tissue

SHIFT = (7.3, -5.6)
SHAPES = (
    (1, 128, 128),
    (1, 256, 256),
    (1, 540, 640),
    (1, 1080, 1280),
    (1, 2160, 2560),
    (16, 256, 256),
    (19, 540, 640),
)
"""Planes, rows and columns."""


def frames_of(shape: tuple[int, int, int]) -> Frames:
    """Return a field of cells, or tissue where there are planes, in two acquisitions."""
    rng = random(1, *shape)
    planes, height, width = shape
    by = [-n for n in SHIFT]
    if planes > 1:
        grown = tissue((planes, height + 40, width + 40), rng)
        parts = [part[:, 20:-20, 20:-20] for part in (grown, moved(grown, (0, *by)))]
    else:
        side, radius = max(height, width), 8.0 if width < 1000 else 20.0
        content = cells(side, rng, per_field=60 * (side * 8 / 256 / radius) ** 2, radius=radius)
        parts = [field(part, side)[None, :height, :width] for part in (content, moved(content, by))]
    one, two = (photograph(part, rng, signal=300) for part in parts)
    return one, two


def scikit_image(frames: Frames) -> object:
    """Estimate as scikit-image does to a tenth of a pixel."""
    return phase_cross_correlation(*(np.squeeze(frame) for frame in frames), upsample_factor=10)


def ours(frames: Frames) -> object:
    return match_region(*frames, Limits())


def time_fields(runs: int) -> Table:
    """Return medians of the time of one field and level; the systems take turns.

    Beside the clock stand milliseconds of a core, which other programs disturb less, and of which
    the ratio is. They are of the calling thread: those of linear algebra go on spinning after the
    one system's turn, into the other's. Where they are woken late the other system looks slow: run
    it with OPENBLAS_NUM_THREADS=1.
    """
    systems: dict[str, Callable[[Frames], object]] = {
        "ours": ours,
        "scikit-image": scikit_image,
        "reference system's method": reference_systems,
    }
    table = Table(
        "planes, rows, columns", *(f"{name} ms (core)" for name in systems), "ours ÷ skimage"
    )
    for shape in SHAPES:
        frames = frames_of(shape)
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
        # The first run of each is not counted.
        for run in range(runs + 1):
            for name, estimate in systems.items():
                if name not in {"ours", "scikit-image"} and shape[0] > 1:
                    continue
                start, core = time.perf_counter(), time.thread_time()
                estimate(frames)
                spent = time.perf_counter() - start, time.thread_time() - core
                seconds[name] += [spent] if run else []
        median = {
            name: [1e3 * statistics.median(each) for each in zip(*own, strict=True)]
            for name, own in seconds.items()
            if own
        }
        table.add_row(
            " x ".join(map(str, shape)),
            *(
                "{:.1f} ({:.1f})".format(*median[name]) if name in median else ""
                for name in systems
            ),
            f"{median['ours'][1] / median['scikit-image'][1]:.1f}",
        )
    return table
