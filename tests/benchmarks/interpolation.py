"""What each interpolation does to a picture: error against the truth, noise, sharpness.

The truth is known between pixels: spots of light as a microscope blurs them, written down as a
formula and photographed twice, the second time moved by a fraction of a pixel. `python -m
tests.benchmarks.interpolation` prints the table of the README.
"""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tasks.pixels.interpolate import copy_between
from tasks.plan.interpolation import shift_taps
from tasks.plan.window import Interpolation, Shift, Window

SIZE = 256
MARGIN = 8
"""Pixels along each edge that are not compared: there the moved picture has no neighbours."""
SPOTS = 400
BACKGROUND = 200.0
FRACTIONS = ((0.25, 0.25), (0.5, 0.5))
WIDTHS = (2.5, 4.0)
"""Full width at half maximum of a spot, in pixels: sampled just finely enough, and well."""

Picture = NDArray[Any]


class Figures(NamedTuple):
    """How far a moved picture is from the one taken at that place."""

    error: float
    """Root mean square, as a share of the picture's standard deviation."""
    noise: float
    """Standard deviation of an evenly lit field's noise, as a share of that before."""
    sharpness: float
    """Brightness of the spots' peaks above the background, as a share of the true."""


def photograph(move: tuple[float, float], width: float) -> Picture:
    """Return the light of all spots, moved, at the middle of each pixel."""
    random = np.random.default_rng(7)
    sigma = width / np.sqrt(8 * np.log(2))
    light = np.full((SIZE, SIZE), BACKGROUND)
    pixels = np.arange(SIZE)
    for y, x, peak in zip(
        random.uniform(0, SIZE, SPOTS),
        random.uniform(0, SIZE, SPOTS),
        random.uniform(300, 3000, SPOTS),
        strict=True,
    ):
        rows = np.exp(-((pixels - y - move[0]) ** 2) / (2 * sigma**2))
        columns = np.exp(-((pixels - x - move[1]) ** 2) / (2 * sigma**2))
        light += peak * np.outer(rows, columns)
    return light


def moved(picture: Picture, fraction: tuple[float, float], kind: Interpolation) -> Picture:
    """Move a picture by a fraction of a pixel as a registration does."""
    if kind == "none":
        # Half a pixel at most: the whole pixels of this move are none.
        return picture
    whole = Window.whole(picture.shape)
    shift = Shift(region="all", source=whole, target=whole, fraction=fraction)
    out = np.empty_like(picture)

    def read(into: Picture, window: Window) -> None:
        into[...] = picture[window.slices]

    copy_between(read, out, whole, shift_taps(shift, kind), picture.shape)
    return out


def measure(fraction: tuple[float, float], width: float, kind: Interpolation) -> Figures:
    """Photograph a scene and its moved self, move the first onto the second, and compare."""
    inner = (slice(MARGIN, -MARGIN),) * 2
    truth = photograph(fraction, width)[inner]
    taken = np.rint(photograph((0.0, 0.0), width)).astype("uint16")
    found = moved(taken, fraction, kind)[inner].astype(float)
    even = np.random.default_rng(8).poisson(1000, (SIZE, SIZE)).astype("uint16")
    peaks = truth > np.quantile(truth, 0.995)
    return Figures(
        error=float(np.sqrt(np.mean((found - truth) ** 2)) / truth.std()),
        noise=float(moved(even, fraction, kind)[inner].std() / even[inner].std()),
        sharpness=float((found[peaks].mean() - BACKGROUND) / (truth[peaks].mean() - BACKGROUND)),
    )


def main() -> None:
    table = Table("spots wide", "moved by", "interpolation", "error", "noise left", "peaks left")
    for width in WIDTHS:
        for fraction in FRACTIONS:
            for kind in get_args(Interpolation):
                figures = measure(fraction, width, kind)
                table.add_row(
                    f"{width} px",
                    f"{fraction[0]}, {fraction[1]} px",
                    kind,
                    *(f"{100 * value:.1f} %" for value in figures),
                )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
