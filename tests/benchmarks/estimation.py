"""Error against difficulty of estimated shifts, ours beside the reference system's.

Run by hand: `python -m tests.benchmarks.estimation [seeds]`, some minutes for each seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from skimage.exposure import rescale_intensity
from skimage.registration import phase_cross_correlation

from tasks.estimate.candidate import Limits
from tasks.estimate.match import match_region
from tests.estimate.samples import (
    STANDING,
    pair,
    photograph,
    random,
    seen_through,
    standing,
)

SIZE = 256
RIGHT = 1.0
"""Pixels; an estimate further off is wrong."""

Frames = tuple[NDArray[np.generic], NDArray[np.generic]]


@dataclass(frozen=True)
class Case:
    group: str
    frames: Frames
    truth: tuple[float, float] | None
    """Pixels along y and x; None where there is no right answer."""


def reference_systems(frames: Frames) -> NDArray[np.float64]:
    """Estimate as fractal-tasks-core 2.1.0's compute_image_based_registration does."""
    clipped = [
        rescale_intensity(frame, in_range=tuple(np.quantile(frame, (0.0, 0.99))))
        for frame in frames
    ]
    return phase_cross_correlation(*(frame[0] for frame in clipped))[0]


def cases(seed: int) -> Iterator[Case]:
    for cells, name in ((50, "dense"), (15, "some"), (6, "six"), (2, "two")):
        for signal in (None, 300.0, 60.0, 20.0):
            for lost in (0.01, 0.15, 0.3):
                rng = random(seed, cells, int(signal or 0), int(100 * lost))
                # Along both axes, so that this share of the area is lost.
                side = (1 - np.sqrt(1 - lost)) * SIZE
                y, x = side * rng.choice([-1, 1], 2) + rng.uniform(-1, 1, 2)
                frames = pair(SIZE, (y, x), rng, per_field=cells, signal=signal)
                told = "no noise" if signal is None else f"signal {signal:g}"
                yield Case(f"{name} cells, {told}, {lost:.0%} lost", frames, (y, x))
    for kind in STANDING:
        rng = random(seed, 100, STANDING.index(kind))
        pattern = standing(kind, SIZE, rng)
        y, x = rng.uniform(-20, 20, 2)
        one, two = pair(SIZE, (y, x), rng, per_field=40, signal=100.0)
        seen = (seen_through(one, pattern), seen_through(two, pattern))
        yield Case(f"cells behind {kind}", seen, (y, x))
        blank = np.zeros((1, SIZE, SIZE))
        empty = tuple(seen_through(photograph(blank, rng, signal=1), pattern) for _ in range(2))
        yield Case(f"empty with {kind}", (empty[0], empty[1]), None)
    for cells, radius in ((50, 8.0), (6, 8.0), (2, 8.0), (3, 35.0), (15, 2.5)):
        one, two = (
            pair(SIZE, (0, 0), random(seed, 200, cells, n), per_field=cells, radius=radius)[0]
            for n in range(2)
        )
        yield Case(f"different, {cells} of radius {radius:g}", (one, two), None)


def ours(frames: Frames) -> NDArray[np.float64] | None:
    match = match_region(*frames, Limits())
    return np.array(match.shift[1:]) if match.confident else None


def error(found: NDArray[np.float64] | None, truth: tuple[float, float] | None) -> float | None:
    """Return pixels off; None where refused, infinite where there was nothing to find."""
    if found is None:
        return None
    return np.inf if truth is None else float(np.max(np.abs(found - truth)))


def main(seeds: int) -> None:
    systems: dict[str, Callable[[Frames], NDArray[np.float64] | None]] = {
        "ours": ours,
        "reference system": reference_systems,
    }
    rows: dict[str, dict[str, list[float | None]]] = {}
    solvable: dict[str, bool] = {}
    for seed in range(seeds):
        for case in cases(seed):
            row = rows.setdefault(case.group, {name: [] for name in systems})
            solvable[case.group] = case.truth is not None
            for name, estimate in systems.items():
                row[name].append(error(estimate(case.frames), case.truth))
    table = Table("case", *(f"{name}: {what}" for name in systems for what in ("error", "verdict")))
    total = {name: {"right": 0, "false accept": 0, "false refusal": 0} for name in systems}
    for group, row in rows.items():
        cells = []
        for name, errors in row.items():
            given = [e for e in errors if e is not None]
            finite = [e for e in given if np.isfinite(e)]
            wrong = sum(e > RIGHT for e in given)
            refused = len(errors) - len(given)
            total[name]["false accept"] += wrong
            total[name]["false refusal"] += refused if solvable[group] else 0
            total[name]["right"] += len(errors) - wrong - (refused if solvable[group] else 0)
            cells += [
                f"{np.median(finite):.3f}" if finite else "-",
                f"{wrong} wrong, {refused} refused of {len(errors)}",
            ]
        table.add_row(group, *cells)
    console = Console(width=140)
    console.print(table)
    for name, numbers in total.items():
        console.print(f"{name}: {numbers}", highlight=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
