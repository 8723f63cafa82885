"""Frames with nothing in them but what a camera, dirt and light make: any shift is a mistake."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.trial import (
    Generator,
    Trial,
    as_jpeg,
    counts,
    empty,
    nothing,
    seen,
    shifted,
    some_cells,
    spots,
)
from tests.estimate.samples import (
    STANDING,
    blurred,
    field,
    pair,
    photograph,
    seen_through,
    standing,
)


def poisson(rng: Generator, size: int) -> Trial:
    mean = rng.choice([0.3, 3.0, 30.0, 1000.0])
    return nothing(*(rng.poisson(mean, (1, size, size)).astype(np.uint16) for _ in range(2)))


def gaussian(rng: Generator, size: int) -> Trial:
    return nothing(*(rng.normal(0, 1, (1, size, size)).astype(np.float32) for _ in range(2)))


def smooth_noise(rng: Generator, size: int) -> Trial:
    """Return out-of-focus haze, of another kind in each: as large as cells are."""
    width = rng.uniform(1.5, size / 10)
    return nothing(
        *(
            counts(1000 + 100 * h / h.std())[None]
            for h in (blurred(rng.standard_normal((size, size)), (width, width)) for _ in range(2))
        )
    )


def coarse_haze(rng: Generator, size: int) -> Trial:
    frames = []
    for _ in range(2):
        haze = blurred(rng.standard_normal((size, size)), (size / 6, size / 6))
        frames.append(photograph((haze / haze.std())[None], rng, signal=60, background=400))
    return nothing(*frames)


def behind_pattern(rng: Generator, size: int) -> Trial:
    """Return empty frames behind several standing patterns at once."""
    kinds = rng.choice(STANDING, 3, replace=False)
    frames = [empty(rng, size) for _ in range(2)]
    for kind in kinds:
        pattern = standing(str(kind), size, rng)
        frames = [seen_through(frame, pattern) for frame in frames]
    return nothing(*frames)


def behind_pattern_with_others(rng: Generator, size: int) -> Trial:
    """Return the same, with other fields that hold cells to compare with."""
    kind = str(rng.choice(STANDING))
    pattern = standing(kind, size, rng)
    frames = [seen_through(empty(rng, size), pattern) for _ in range(2)]
    strangers = []
    for _ in range(2):
        one, two = pair(size, shifted(rng, size), rng, per_field=40 * (size / 256) ** 2)
        strangers.append((seen_through(one, pattern), seen_through(two, pattern)))
    return nothing(*frames, strangers=tuple(strangers))


def gradient(rng: Generator, size: int) -> Trial:
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    frames = []
    for _ in range(2):
        a, b, c = rng.uniform(-1, 1, 3)
        light = 1 + 0.3 * (a * y + b * x + c * (y**2 + x**2))
        frames.append(photograph(light[None], rng, signal=rng.choice([30, 500])))
    return nothing(*frames)


def stripes(rng: Generator, size: int) -> Trial:
    """Return banding: each line of the camera has an offset, standing or new in each frame."""
    still = rng.random() < 0.5
    frames = []
    bands = rng.standard_normal((size, 1))
    for _ in range(2):
        if not still:
            bands = rng.standard_normal((size, 1))
        frames.append(counts(empty(rng, size) + 15 * bands))
    return nothing(*frames)


def hum(rng: Generator, size: int) -> Trial:
    """Return oblique stripes of one frequency, of another phase in each frame."""
    y, x = np.mgrid[:size, :size]
    turn, period = rng.uniform(0, np.pi), rng.uniform(4, size / 3)
    frames = []
    for _ in range(2):
        phase = rng.uniform(0, 2 * np.pi)
        wave = np.sin(2 * np.pi * (y * np.sin(turn) + x * np.cos(turn)) / period + phase)
        frames.append(counts(empty(rng, size) + 40 * wave))
    return nothing(*frames)


def same_noise(rng: Generator, size: int) -> Trial:
    """Return one empty frame twice, as a file copied by mistake."""
    frame = empty(rng, size)
    return nothing(frame, frame.copy())


def same_noise_moved(rng: Generator, size: int) -> Trial:
    """Return the pattern of one camera in two crops of it, as fields are cut: no sample."""
    big = empty(rng, size + 20)
    y, x = rng.integers(-9, 10, 2)
    return nothing(
        big[:, 10 : 10 + size, 10 : 10 + size], big[:, 10 + y :, 10 + x :][:, :size, :size]
    )


def one_debris(rng: Generator, size: int) -> Trial:
    return nothing(
        *(
            photograph(spots(rng, size, 1, rng.uniform(2, 15))[None], rng, signal=5000)
            for _ in range(2)
        )
    )


def some_debris(rng: Generator, size: int) -> Trial:
    """Return two to five specks, each moved by itself."""
    count, width = int(rng.integers(2, 6)), rng.uniform(2, 10)
    return nothing(
        *(photograph(spots(rng, size, count, width)[None], rng, signal=3000) for _ in range(2))
    )


def fibre(rng: Generator, size: int) -> Trial:
    """Return a bright fibre that lies otherwise in each frame."""
    frames = []
    for _ in range(2):
        y, x = np.mgrid[:size, :size] - size / 2
        turn, at = rng.uniform(0, np.pi), rng.uniform(-size / 3, size / 3)
        line = np.exp(-((y * np.sin(turn) + x * np.cos(turn) - at) ** 2) / 8)
        frames.append(photograph(line[None], rng, signal=2000))
    return nothing(*frames)


def ghost(rng: Generator, size: int) -> Trial:
    """Return a reflection that stands still: bright rings on nothing."""
    y, x = np.mgrid[:size, :size]
    light = np.zeros((size, size))
    for _ in range(3):
        at_y, at_x, radius = *rng.uniform(0, size, 2), rng.uniform(size / 10, size / 4)
        light += np.exp(-((np.hypot(y - at_y, x - at_x) - radius) ** 2) / 18)
    return nothing(*(photograph(light[None], rng, signal=300) for _ in range(2)))


def bright_dust_many(rng: Generator, size: int) -> Trial:
    """Return many bright, textured, standing specks all over empty frames: as cells look."""
    light = spots(rng, size, 60, size / 60)
    return nothing(*(photograph(light[None], rng, signal=150) for _ in range(2)))


def lossy_nothing(rng: Generator, size: int) -> Trial:
    quality = int(rng.choice([5, 15, 40]))
    return nothing(*(as_jpeg(empty(rng, size), quality) for _ in range(2)))


def lossy_unlike(rng: Generator, size: int) -> Trial:
    quality = int(rng.choice([5, 15, 40]))
    return nothing(
        *(
            as_jpeg(photograph(field(some_cells(rng, size), size)[None], rng, signal=200), quality)
            for _ in range(2)
        )
    )


def saturated(rng: Generator, size: int) -> Trial:
    """Return frames that are full but for a few pixels of noise."""
    frames = []
    for _ in range(2):
        frame = np.full((1, size, size), 4095, np.uint16)
        frame[rng.random(frame.shape) < 0.02] = 4000
        frames.append(frame)
    return nothing(*frames)


def empty_eight_bit(rng: Generator, size: int) -> Trial:
    return nothing(*(rng.poisson(0.4, (1, size, size)).astype(np.uint8) for _ in range(2)))


def padded_nothing(rng: Generator, size: int) -> Trial:
    """Return empty frames that end in zeros, each at its own edge or both at the same."""
    same = rng.random() < 0.5
    frames = []
    cut = int(rng.integers(size // 8, size // 3))
    for number in range(2):
        frame = np.array(empty(rng, size))
        (frame if same or number else frame[:, ::-1])[:, :cut] = 0
        frame[:, :, : cut // 2] = 0
        frames.append(frame)
    return nothing(*frames)


def cut_elsewhere(rng: Generator, size: int, *, sample: bool = False) -> Trial:
    """Return one camera's fields in dark frames, each at another place: stitched, or cut to size.

    The camera's lines, columns and pixels differ, and the light ends at the field's edges.
    """
    camera = (
        rng.normal(0, 2, (1, size)) + rng.normal(0, 2, (size, 1)) + rng.normal(0, 2, (size,) * 2)
    )
    shift = shifted(rng, size, 0.08)
    content = some_cells(rng, size)
    frames, corners = [], rng.integers(0, size // 4, (2, 2))
    for (y, x), by in zip(corners, ((0.0, 0.0), shift), strict=True):
        frame = rng.normal(100, 1, (size + size // 4,) * 2)
        light = seen(content, size, by) if sample else np.zeros((size, size))
        field_ = photograph(light, rng, signal=200, background=float(rng.choice([10, 40])))
        frame[y : y + size, x : x + size] = field_ + camera
        frames.append(counts(frame)[None])
    y, x = (int(n) for n in corners[0] - corners[1])
    truths = ((0.0, shift[0] + y, shift[1] + x),) if sample else ()
    return Trial((frames[0], frames[1]), truths)


def cut_elsewhere_part(rng: Generator, size: int) -> Trial:
    """Return a part of the same, with or without an edge in it."""
    one, two = cut_elsewhere(rng, 2 * size).frames
    y, x = (int(n) for n in rng.integers(0, one.shape[1] - size, 2))
    part = (slice(None), slice(y, y + size), slice(x, x + size))
    return nothing(one[part], two[part])
