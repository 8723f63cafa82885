"""Frames that show the same, made difficult: right, or refused."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tests.benchmarks.empty_frames import cut_elsewhere
from tests.benchmarks.trial import (
    Generator,
    Trial,
    as_jpeg,
    lattice,
    nothing,
    seen,
    shifted,
    some_cells,
    spots,
    truth_of,
)
from tests.estimate.samples import (
    STANDING,
    field,
    moved,
    pair,
    photograph,
    seen_through,
    standing,
    tissue,
)

_NEAR = 6.0
"""Pixels."""


def sample_cut_elsewhere(rng: Generator, size: int) -> Trial:
    """Return cells in fields that lie at another place in each frame."""
    return cut_elsewhere(rng, size, sample=True)


def plain(rng: Generator, size: int) -> Trial:
    shift = shifted(rng, size)
    density = rng.choice([15.0, 40.0, 100.0])
    one, two = pair(size, shift, rng, per_field=density * (size / 256) ** 2, signal=150)
    return Trial((one, two), truth_of(shift))


def with_debris(rng: Generator, size: int) -> Trial:
    """Return cells under bright debris that moves by itself."""
    shift = shifted(rng, size)
    content = some_cells(rng, size)
    frames = [
        photograph((seen(content, size, by) + 8 * spots(rng, size, 2, 9))[None], rng, signal=150)
        for by in ((0.0, 0.0), shift)
    ]
    return Trial((frames[0], frames[1]), truth_of(shift))


def faint_with_still_debris(rng: Generator, size: int) -> Trial:
    """Return faint cells and bright debris on the camera, which stands still."""
    shift = shifted(rng, size)
    content = some_cells(rng, size)
    dust = 6 * spots(rng, size, 6, 5)
    frames = [
        photograph((seen(content, size, by) + dust)[None], rng, signal=60)
        for by in ((0.0, 0.0), shift)
    ]
    return Trial((frames[0], frames[1]), truth_of(shift))


def half_lost(rng: Generator, size: int) -> Trial:
    """Return cells half of which are gone in the other acquisition, with others instead."""
    shift = shifted(rng, size)
    kept, lost, new = (some_cells(rng, size, 25) for _ in range(3))
    one = photograph(field(kept + lost, size)[None], rng, signal=300)
    two = photograph(seen(kept + new, size, shift)[None], rng, signal=300)
    return Trial((one, two), truth_of(shift))


def mostly_lost(rng: Generator, size: int) -> Trial:
    shift = shifted(rng, size)
    kept, lost, new = (some_cells(rng, size, n) for n in (6, 40, 40))
    one = photograph(field(kept + lost, size)[None], rng, signal=300)
    two = photograph(seen(kept + new, size, shift)[None], rng, signal=300)
    return Trial((one, two), truth_of(shift))


def two_movements(rng: Generator, size: int) -> Trial:
    """Return two layers that moved apart; the shift of either is no mistake."""
    first, second = shifted(rng, size, 0.1), shifted(rng, size, 0.1)
    share = rng.choice([10.0, 25.0, 40.0])
    layers = (some_cells(rng, size, 40), some_cells(rng, size, share))
    one = photograph(field(layers[0] + layers[1], size)[None], rng, signal=300)
    two = photograph(
        (seen(layers[0], size, first) + seen(layers[1], size, second))[None], rng, signal=300
    )
    apart = np.subtract(second, first)
    # Near to each other they overlap, and what lies between fits both a little.
    steps = np.linspace(0, 1, 9 if np.max(np.abs(apart)) < _NEAR else 2)
    between = tuple((0.0, *(float(n) for n in first + part * apart)) for part in steps)
    return Trial((one, two), between)


def two_halves(rng: Generator, size: int) -> Trial:
    """Return a field whose halves moved apart by a few pixels: neither, or what lies between."""
    first = shifted(rng, size, 0.1)
    apart = rng.uniform(-4, 4, 2)
    second = (first[0] + apart[0], first[1] + apart[1])
    content = some_cells(rng, size, 60)
    light = seen(content, size, first)
    light[:, size // 2 :] = seen(content, size, second)[:, size // 2 :]
    between = tuple(
        (0.0, first[0] + part * apart[0], first[1] + part * apart[1])
        for part in np.linspace(0, 1, 9)
    )
    one = photograph(field(content, size)[None], rng, signal=300)
    return Trial((one, photograph(light[None], rng, signal=300)), between)


def _warped(rng: Generator, size: int, turn: float, scale: float) -> Trial:
    shift = shifted(rng, size, 0.1)
    content = some_cells(rng, size, 60)
    angle = np.deg2rad(turn)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    centre = (np.array(content.shape) - 1) / 2
    # The field's centre, and so the mean of all its places, moves by the shift alone.
    offset = centre + np.array(shift) - matrix @ centre
    light = ndimage.affine_transform(content, matrix, offset, order=3, mode="wrap")
    one = photograph(field(content, size)[None], rng, signal=300)
    two = photograph(field(light, size)[None], rng, signal=300)
    # No one shift fits everywhere: one that fits a quarter of the way to the edge is the best.
    spread = size / 4 * max(abs(angle), abs(scale - 1))
    return Trial((one, two), truth_of(shift), tolerance=1.0 + spread)


def turned(rng: Generator, size: int) -> Trial:
    return _warped(rng, size, float(rng.choice([-1, 1]) * rng.choice([0.5, 1, 2, 3])), 1.0)


def scaled(rng: Generator, size: int) -> Trial:
    return _warped(rng, size, 0.0, float(rng.choice([0.99, 1.01])))


def eight_bit(rng: Generator, size: int) -> Trial:
    """Return few grey levels: a sample that fills a tenth of eight bits."""
    shift = shifted(rng, size)
    content = some_cells(rng, size)
    frames = [
        np.clip(rng.poisson(2 + 12 * np.clip(seen(content, size, by), 0, None)), 0, 255).astype(
            np.uint8
        )[None]
        for by in ((0.0, 0.0), shift)
    ]
    return Trial((frames[0], frames[1]), truth_of(shift))


def lossy(rng: Generator, size: int) -> Trial:
    trial = plain(rng, size)
    quality = int(rng.choice([15, 40]))
    one, two = (as_jpeg(frame, quality) for frame in trial.frames)
    return Trial((one, two), trial.truths)


def overexposed(rng: Generator, size: int) -> Trial:
    """Return cells that are all as bright as the camera can tell."""
    trial = plain(rng, size)
    one, two = (np.minimum(frame, np.quantile(frame, 0.8)) for frame in trial.frames)
    return Trial((one, two), trial.truths)


def padded(rng: Generator, size: int) -> Trial:
    """Return cells in frames that end in zeros, each where it was cut."""
    trial = plain(rng, size)
    frames = []
    for frame in trial.frames:
        cut = np.array(frame)
        cut[:, : int(rng.integers(0, size // 5))] = 0
        cut[:, :, size - int(rng.integers(0, size // 5)) :] = 0
        frames.append(cut)
    return Trial((frames[0], frames[1]), trial.truths)


def unequal(rng: Generator, size: int) -> Trial:
    """Return a small region of the one acquisition and all of the other."""
    shift = shifted(rng, size, 0.05)
    one, two = pair(size, shift, rng, per_field=80 * (size / 256) ** 2)
    height, width = (int(n) for n in rng.integers(size // 3, size, 2))
    y, x = (size - height) // 2, (size - width) // 2
    small = two[:, y : y + height, x : x + width]
    truth = ((0.0, shift[0] + y, shift[1] + x),)
    return Trial((one, small), truth)


def unequal_unlike(rng: Generator, size: int) -> Trial:
    one, two = (pair(size, (0, 0), rng, per_field=80 * (size / 256) ** 2)[0] for _ in range(2))
    height, width = (int(n) for n in rng.integers(size // 5, size // 2, 2))
    return nothing(one, two[:, :height, :width])


def few_planes(rng: Generator, size: int) -> Trial:
    planes = int(rng.integers(2, 7))
    deep = tissue((planes + 4, size + 60, size + 60), rng)
    z = int(rng.integers(-1, 2))
    y, x = shifted(rng, 60, 0.4)
    light = moved(deep, (0.0, -y, -x))
    frames = [
        photograph(
            content[2 + by : 2 + by + planes, 30 : 30 + size, 30 : 30 + size], rng, signal=200
        )
        for content, by in ((deep, 0), (light, z))
    ]
    return Trial((frames[0], frames[1]), ((float(z), y, x),))


def few_planes_unlike(rng: Generator, size: int) -> Trial:
    planes = int(rng.integers(2, 7))
    return nothing(
        *(photograph(tissue((planes, size, size), rng), rng, signal=200) for _ in range(2))
    )


def few_planes_empty(rng: Generator, size: int) -> Trial:
    planes = int(rng.integers(2, 7))
    blank = np.zeros((planes, size, size))
    pattern = standing(str(rng.choice(STANDING)), size, rng)
    return nothing(*(seen_through(photograph(blank, rng, signal=1), pattern) for _ in range(2)))


def rim(rng: Generator, size: int) -> Trial:
    """Return the rim of a well and nothing else, moved by the stage: its shift is the truth."""
    y, x = np.mgrid[:size, :size]
    shift = shifted(rng, size, 0.06)
    centre = np.array([size / 2, -0.5 * size])
    frames = []
    for by in ((0.0, 0.0), shift):
        far = np.hypot(y - centre[0] + by[0], x - centre[1] + by[1])
        light = 1 / (1 + np.exp((far - size) / 2))
        frames.append(photograph(light[None], rng, signal=400))
    return Trial((frames[0], frames[1]), truth_of(shift))


def two_lattices(rng: Generator, size: int) -> Trial:
    """Return a bead array with beads missing and of unlike brightness, moved."""
    period = rng.uniform(12, 24)
    shift = shifted(rng, size, 0.1)
    big = size + 160
    there = rng.uniform(0.2, 1.0, (64, 64)) * (rng.random((64, 64)) < 0.8)
    y, x = np.mgrid[:big, :big]
    bright = there[(y // period).astype(int) % 64, (x // period).astype(int) % 64]
    content = lattice(big, period, period / 6, (period / 2, period / 2)) * bright
    frames = [
        photograph(seen(content, size, by)[None], rng, signal=400) for by in ((0.0, 0.0), shift)
    ]
    return Trial((frames[0], frames[1]), truth_of(shift))
