"""Every family of frames that invite a wrong shift; a seed makes them all again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.benchmarks import alike_frames, empty_frames, unlike_frames
from tests.benchmarks.trial import Family, Trial
from tests.estimate.samples import random

FAMILIES: Mapping[str, tuple[Family, ...]] = {
    "nothing in them": (
        empty_frames.poisson,
        empty_frames.gaussian,
        empty_frames.smooth_noise,
        empty_frames.coarse_haze,
        empty_frames.behind_pattern,
        empty_frames.behind_pattern_with_others,
        empty_frames.gradient,
        empty_frames.stripes,
        empty_frames.hum,
        empty_frames.same_noise,
        empty_frames.same_noise_moved,
        empty_frames.one_debris,
        empty_frames.some_debris,
        empty_frames.fibre,
        empty_frames.ghost,
        empty_frames.bright_dust_many,
        empty_frames.lossy_nothing,
        empty_frames.saturated,
        empty_frames.empty_eight_bit,
        empty_frames.padded_nothing,
        alike_frames.few_planes_empty,
        empty_frames.cut_elsewhere,
        empty_frames.cut_elsewhere_part,
    ),
    "not the same": (
        unlike_frames.unlike,
        unlike_frames.unlike_tissue,
        unlike_frames.unlike_with_others,
        unlike_frames.unlike_alike_outlines,
        unlike_frames.full_and_empty,
        unlike_frames.mirrored,
        unlike_frames.grid,
        unlike_frames.coarse_grid,
        unlike_frames.grid_in_uneven_light,
        unlike_frames.stepped,
        unlike_frames.straight_edge,
        empty_frames.lossy_unlike,
        alike_frames.unequal_unlike,
        alike_frames.few_planes_unlike,
    ),
    "the same": (
        alike_frames.plain,
        alike_frames.with_debris,
        alike_frames.faint_with_still_debris,
        alike_frames.half_lost,
        alike_frames.mostly_lost,
        alike_frames.two_movements,
        alike_frames.two_halves,
        alike_frames.turned,
        alike_frames.scaled,
        alike_frames.eight_bit,
        alike_frames.lossy,
        alike_frames.overexposed,
        alike_frames.padded,
        alike_frames.unequal,
        alike_frames.few_planes,
        alike_frames.two_lattices,
        alike_frames.rim,
        alike_frames.sample_cut_elsewhere,
    ),
}
"""Families by what is in the frames."""

SIZES = (32, 64, 128, 224)
"""Pixels along each side."""


def trials(family: Family, seed: int) -> Iterator[tuple[int, Trial]]:
    """Yield one trial of each size."""
    for size in SIZES:
        yield size, family(random(seed, size, *family.__name__.encode()), size)
