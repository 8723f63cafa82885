"""Fields of every kind that used to be refused though a person finds their shift, and dirt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from scipy import ndimage

from tests.benchmarks.trial import Frame, Frames, Generator, Trial, lattice, spots, truth_of
from tests.estimate.ambiguous import in_two_parts
from tests.estimate.samples import (
    MARGIN,
    Floats,
    blurred,
    cells,
    field,
    moved,
    photograph,
    seen_through,
    standing,
)

SIZE = 192

_APART = 8.0
"""Pixels by which two parts moved apart at least."""

_PARTS = 6
"""Ways in which cells move by themselves."""


def _shift(rng: Generator, most: float = 20.0) -> tuple[float, float]:
    y, x = rng.uniform(-most, most, 2)
    return float(y), float(x)


def _pair(
    one: Floats, two: Floats, shift: tuple[float, float], rng: Generator, signal: float = 300
) -> Frames:
    """Photograph a content, and another after a shift."""
    seen = (field(one, SIZE), field(moved(two, [-n for n in shift]), SIZE))
    first, second = (photograph(each, rng, signal=signal)[None] for each in seen)
    return first, second


def _cells(rng: Generator, count: float = 25.0) -> Floats:
    return cells(SIZE, rng, per_field=count)


def _strangers(rng: Generator, camera: tuple[Floats, Floats] | None) -> tuple[Frames, ...]:
    """Return other wells' fields, each moved a little by itself."""
    some = []
    for _ in range(2):
        content = _cells(rng)
        some.append(_behind(_pair(content, content, _shift(rng), rng), camera))
    return tuple(some)


def _behind(frames: Frames, camera: tuple[Floats, Floats] | None) -> Frames:
    if camera is None:
        return frames
    one, two = (seen_through(frame, camera) for frame in frames)
    return one, two


def some_that_move(size: int, rng: Generator, per_field: float) -> tuple[Floats, Floats]:
    """Return cells before and after each few of them moved their own way."""
    parts = [cells(size, rng, per_field=per_field / _PARTS) for _ in range(_PARTS)]
    after = [moved(part, rng.uniform(-12, 12, 2)) for part in parts]
    return np.sum(parts, axis=0), np.sum(after, axis=0)


def still_alone(rng: Generator) -> Trial:
    content, shift = _cells(rng), _shift(rng, 1.0)
    return Trial(_pair(content, content, shift, rng), truth_of(shift))


def still_beside_other_wells(rng: Generator) -> Trial:
    alone, camera = still_alone(rng), standing("columns", SIZE, rng)
    return Trial(_behind(alone.frames, camera), alone.truths, _strangers(rng, camera))


def dust_beside_other_wells(rng: Generator) -> Trial:
    camera, nothing = standing("bright dust", SIZE, rng), np.zeros((SIZE + 2 * MARGIN,) * 2)
    frames = _pair(nothing, nothing, (0.0, 0.0), rng)
    return Trial(_behind(frames, camera), (), _strangers(rng, camera))


def few_cells(rng: Generator) -> Trial:
    content, shift = _cells(rng, float(rng.choice([2, 3, 4]))), _shift(rng)
    return Trial(_pair(content, content, shift, rng), truth_of(shift))


def one_cluster(rng: Generator) -> Trial:
    shift, content = _shift(rng), _cells(rng, 4)
    y, x = rng.integers(-40, 40, 2) + SIZE // 2 + MARGIN
    place = (slice(int(y) - 40, int(y) + 40), slice(int(x) - 40, int(x) + 40))
    content[place] += 6 * _cells(rng, 60)[place]
    return Trial(_pair(content, content, shift, rng), truth_of(shift))


def turned_on_coarse_pixels(rng: Generator) -> Trial:
    """Return 1 to 2 degrees, averaged fourfold: no one shift fits, which must be told."""
    shift, large = _shift(rng, 16), 4 * SIZE
    content = cells(large, rng, per_field=200, radius=24.0)
    angle = float(rng.choice([-1, 1])) * rng.uniform(1, 2)
    turned = ndimage.rotate(content, angle, reshape=False, order=1, mode="wrap")
    seen = (field(content, large), field(moved(turned, [-4 * n for n in shift]), large))
    one, two = (
        photograph(each.reshape(SIZE, 4, SIZE, 4).mean(axis=(1, 3)), rng, signal=300)[None]
        for each in seen
    )
    return Trial((one, two), ())


def tissue_on_coarse_pixels(rng: Generator) -> Trial:
    """Return dense fine content, averaged fourfold: little grain is left beside each pixel."""
    shift, large = _shift(rng, 3), 4 * SIZE
    content = blurred(rng.standard_normal((large + 2 * MARGIN,) * 2), (3.0, 3.0))
    content = np.clip(content / content.std() - 0.3, 0, None)
    seen = (field(content, large), field(moved(content, [-4 * n for n in shift]), large))
    one, two = (
        photograph(each.reshape(SIZE, 4, SIZE, 4).mean(axis=(1, 3)), rng, signal=300)[None]
        for each in seen
    )
    return Trial((one, two), truth_of(shift))


def behind_dust(rng: Generator) -> Trial:
    """Return cells behind bright dust on the camera, which other wells show as well."""
    content, shift = _cells(rng), _shift(rng)
    dust = (100 * spots(rng, SIZE, 6, 5), np.ones((SIZE, SIZE)))
    frames = _behind(_pair(content, content, shift, rng, 100), dust)
    return Trial(frames, truth_of(shift), _strangers(rng, dust))


def half_move(rng: Generator) -> Trial:
    still, shift = _cells(rng, 15), _shift(rng)
    one, two = some_that_move(SIZE, rng, 15)
    return Trial(_pair(still + one, still + two, shift, rng), truth_of(shift))


def half_move_together(rng: Generator) -> Trial:
    """Return a field in two parts that moved apart: neither shift is the field's."""
    while np.max(np.abs(np.subtract(one := _shift(rng), two := _shift(rng)))) < _APART:
        pass
    parts: Literal["mixed", "halves"] = "mixed" if rng.random() < 0.5 else "halves"
    frames = in_two_parts(SIZE, (one, two), rng, share=0.5, per_field=50, parts=parts)
    return Trial(frames, ())


def a_third_lost(rng: Generator) -> Trial:
    kept, lost, shift = _cells(rng, 16), _cells(rng, 8), _shift(rng)
    return Trial(_pair(kept + lost, kept, shift, rng), truth_of(shift))


def dim_copies(rng: Generator) -> Trial:
    content, shift = _cells(rng), _shift(rng)
    bright, _ = _pair(content, content, shift, rng)
    _, dim = _pair(content, content, shift, rng, 20)
    return Trial((bright, dim), truth_of(shift))


def bright_debris(rng: Generator) -> Trial:
    """Return cells under brighter debris that moves by itself."""
    content, shift = _cells(rng), _shift(rng)
    frames = [
        frame + (1800 * spots(rng, SIZE, 2, 7)).astype(np.uint16)
        for frame in _pair(content, content, shift, rng)
    ]
    return Trial((frames[0], frames[1]), truth_of(shift))


def small_field(rng: Generator) -> Trial:
    content, shift = _cells(rng, 40), _shift(rng, 8)
    side = 72

    def cut(frame: Frame) -> Frame:
        return frame[:, :side, :side]

    one, two = _pair(content, content, shift, rng)
    return Trial((cut(one), cut(two)), truth_of(shift))


def lattice_with_an_edge(rng: Generator) -> Trial:
    """Return spots in rows that end inside the field: the end breaks the tie of their period."""
    shift, side = _shift(rng, 12), SIZE + 2 * MARGIN
    content = lattice(side, 16, 3, (0.0, 0.0))
    y, x = np.mgrid[:side, :side] - side / 2
    content *= np.hypot(y, x) < 0.35 * SIZE
    return Trial(_pair(content, content, shift, rng), truth_of(shift))


KINDS: Mapping[str, Callable[[Generator], Trial]] = {
    "1 hardly moved, one field, nothing else known": still_alone,
    "1 hardly moved, beside other wells": still_beside_other_wells,
    "1 dust alone, beside other wells": dust_beside_other_wells,
    "2 two to four cells": few_cells,
    "2 one bright cluster": one_cluster,
    "3 turned, on coarse pixels": turned_on_coarse_pixels,
    "4 fine tissue on coarse pixels, hardly moved": tissue_on_coarse_pixels,
    "5 behind dust that other wells show": behind_dust,
    "7 half of the cells move by themselves": half_move,
    "a third of the cells lost": a_third_lost,
    "dim in one acquisition": dim_copies,
    "debris brighter than the sample": bright_debris,
    "a field of 72 pixels": small_field,
    "a lattice that ends in the field": lattice_with_an_edge,
    "half of the cells move together": half_move_together,
}
"""By their number in what was measured of refusals, where they have one."""
