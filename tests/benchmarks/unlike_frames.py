"""Frames with something in them that is not the same in both, or has no one shift."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.trial import (
    Frame,
    Generator,
    Trial,
    counts,
    empty,
    lattice,
    nothing,
    some_cells,
)
from tests.estimate.samples import (
    field,
    photograph,
    tissue,
)


def unlike(rng: Generator, size: int) -> Trial:
    density = rng.choice([3.0, 10.0, 40.0, 120.0])
    radius = rng.choice([3.0, 8.0, 20.0])
    return nothing(
        *(
            photograph(field(some_cells(rng, size, density, radius), size)[None], rng, signal=300)
            for _ in range(2)
        )
    )


def unlike_tissue(rng: Generator, size: int) -> Trial:
    return nothing(*(counts(300 * tissue((1, size, size), rng)) for _ in range(2)))


def unlike_with_others(rng: Generator, size: int) -> Trial:
    def one() -> Frame:
        return photograph(field(some_cells(rng, size), size)[None], rng, signal=300)

    return nothing(one(), one(), strangers=((one(), one()), (one(), one())))


def unlike_alike_outlines(rng: Generator, size: int) -> Trial:
    """Return other cells inside one outline that lies the same way: two wells' rims."""
    y, x = np.mgrid[:size, :size]
    frames = []
    for _ in range(2):
        at = rng.uniform(0.45 * size, 0.55 * size, 2)
        inside = np.hypot(y - at[0], x - at[1]) < 0.45 * size
        light = (0.3 + field(some_cells(rng, size), size)) * inside
        frames.append(photograph(light[None], rng, signal=300))
    return nothing(*frames)


def full_and_empty(rng: Generator, size: int) -> Trial:
    full = photograph(field(some_cells(rng, size), size)[None], rng, signal=300)
    frames = [full, empty(rng, size)]
    rng.shuffle(frames)  # type: ignore[arg-type]  # a list is a sequence
    return nothing(*frames)


def mirrored(rng: Generator, size: int) -> Trial:
    frame = photograph(field(some_cells(rng, size), size)[None], rng, signal=300)
    return nothing(frame, frame[:, :, ::-1])


def grid(rng: Generator, size: int) -> Trial:
    """Return a lattice alone: what repeats has no one shift."""
    period = rng.uniform(8, size / 4)
    by = [tuple(rng.uniform(0, period, 2)) for _ in range(2)]
    return nothing(
        *(photograph(lattice(size, period, period / 6, each)[None], rng, signal=400) for each in by)
    )


def coarse_grid(rng: Generator, size: int) -> Trial:
    """Return a lattice of few large discs, such as the wells of an array."""
    period = rng.uniform(size / 4, size / 2)
    by = [tuple(rng.uniform(0, period, 2)) for _ in range(2)]
    return nothing(
        *(photograph(lattice(size, period, period / 6, each)[None], rng, signal=400) for each in by)
    )


def grid_in_uneven_light(rng: Generator, size: int) -> Trial:
    """Return a lattice in a light that falls off to the edges."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    period = rng.uniform(8, size / 4)
    frames = []
    for _ in range(2):
        by = rng.uniform(0, period, 2)
        light = lattice(size, period, period / 6, (by[0], by[1])) * (1 - 0.4 * (y**2 + x**2))
        frames.append(photograph(light[None], rng, signal=400))
    return nothing(*frames)


def stepped(rng: Generator, size: int) -> Trial:
    """Return bars along one axis: no shift along them can be known."""
    edges = np.sort(rng.uniform(0, size, 9))
    frames = []
    for by in (0.0, *rng.uniform(3, 12, 1)):
        rows = np.arange(size) + by
        bars = (np.searchsorted(edges, rows) % 2).astype(float)
        frames.append(photograph(np.repeat(bars[None, :, None], size, axis=2), rng, signal=300))
    return nothing(*frames)


def straight_edge(rng: Generator, size: int) -> Trial:
    """Return one straight, oblique edge, moved."""
    y, x = np.mgrid[:size, :size] - size / 2
    turn = rng.uniform(0, np.pi)
    frames = []
    for _ in range(2):
        at = rng.uniform(-size / 5, size / 5)
        side = 1 / (1 + np.exp(-(y * np.sin(turn) + x * np.cos(turn) - at)))
        frames.append(photograph(side[None], rng, signal=400))
    return nothing(*frames)
