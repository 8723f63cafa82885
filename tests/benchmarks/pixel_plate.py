"""Plates whose fields are photographed: what each proposes is found in pixels, and what is true."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.estimate.candidate import Limits, Match, RegionPair
from tasks.estimate.match import propose
from tasks.estimate.near import match_near
from tasks.movement.evidence import Candidate, Proposal
from tasks.movement.predict import Prediction
from tests.benchmarks.refused_kinds import some_that_move
from tests.benchmarks.simulated_plate import PIXEL, Scene, Simulated, simulate
from tests.benchmarks.trial import lattice
from tests.estimate.samples import cells, field, moved, photograph, seen_through, standing

SIZE = 160
"""Pixels of a field along y and x."""

PUT_BACK = 25.0
"""Micrometers by which a plate is put back elsewhere at most: fields still show the same."""

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PixelPlate:
    """One acquisition of a plate, with the fields that were photographed."""

    simulated: Simulated
    """As its fields propose it from pixels."""
    pairs: dict[tuple[str, str], RegionPair]
    """Per well and region."""
    strangers: dict[tuple[str, str], Sequence[RegionPair]]

    def look_near(self, key: tuple[str, str], told: Prediction) -> Candidate | None:
        """Return what a search in a small window finds, as a run does."""
        y, x = (n / PIXEL for n in told.translation[1:])
        reach_y, reach_x = (n / PIXEL for n in told.within[1:])
        match = match_near(
            *self.pairs[key],
            Limits(),
            lambda: self.strangers[key],
            expected=(0.0, y, x),
            within=(0.0, reach_y, reach_x),
            voices=told.voices,
        )
        return _candidate(match) if match.confident and not match.remark else None


def photograph_plate(scene: Scene, rng: np.random.Generator) -> PixelPlate:
    """Return a plate that moved as a scene says, photographed and compared field by field."""
    simulated = simulate(scene, rng, put_back=PUT_BACK)
    camera = standing("bright dust", SIZE, rng)
    pairs: dict[tuple[str, str], RegionPair] = {}
    for key, kind in simulated.kinds.items():
        _, y, x = simulated.truth[key]
        one, two = _frames(kind, (y / PIXEL, x / PIXEL), rng)
        if kind == "dust":
            one, two = seen_through(one, camera), seen_through(two, camera)
        pairs[key] = (one[None], two[None])
    keys = list(pairs)
    # The next field, and the one after that, as a run takes them.
    strangers = {
        key: [pairs[keys[(n + step) % len(keys)]] for step in (1, 2)] for n, key in enumerate(keys)
    }
    evidence = tuple(
        image.model_copy(
            update={
                "regions": tuple(
                    _proposed(region, pairs[key], strangers[key])
                    for region in image.regions
                    if (key := (image.well, region.region))
                )
            }
        )
        for image in simulated.evidence
    )
    return PixelPlate(dataclasses.replace(simulated, evidence=evidence), pairs, strangers)


def _frames(
    kind: str, shift: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    back = [-n for n in shift]
    signal = {"dim": 12.0, "dust": 60.0}.get(kind, 300.0)
    per_field = {"sparse": 3.0}.get(kind, 15.0)
    if kind == "empty":
        light = (np.zeros((SIZE, SIZE)),) * 2
    elif kind == "periodic":
        period = rng.uniform(12, 30)
        light = (
            lattice(SIZE, period, period / 6, (0.0, 0.0)),
            lattice(SIZE, period, period / 6, (back[0], back[1])),
        )
    elif kind == "half":
        still = cells(SIZE, rng, per_field=per_field / 2)
        before, after = some_that_move(SIZE, rng, per_field / 2)
        light = (field(still + before, SIZE), field(moved(still + after, back), SIZE))
    else:
        content = cells(SIZE, rng, per_field=per_field)
        light = (field(content, SIZE), field(moved(content, back), SIZE))
    if kind == "debris":
        # Brighter than the sample, somewhere else in each acquisition.
        light = (light[0] + _debris(rng), light[1] + _debris(rng))
    one, two = (photograph(each, rng, signal=signal) for each in light)
    return one, two


def _debris(rng: np.random.Generator) -> Floats:
    y, x = np.mgrid[:SIZE, :SIZE]
    debris: Floats = np.zeros((SIZE, SIZE))
    for _ in range(2):
        at_y, at_x = rng.uniform(0, SIZE, 2)
        debris += 6 * np.exp(-((y - at_y) ** 2 + (x - at_x) ** 2) / (2 * 7.0**2))
    return debris


def _proposed(region: Proposal, pair: RegionPair, strangers: Sequence[RegionPair]) -> Proposal:
    matches = propose(*pair, Limits(), lambda: strangers)
    return region.model_copy(
        update={
            "side": SIZE * PIXEL,
            "corner": SIZE * PIXEL / 2**0.5,
            "candidates": tuple(_candidate(match) for match in matches if match.evidence),
            "nothing": "; ".join(
                doubt for match in matches if not match.evidence for doubt in match.doubts
            ),
        }
    )


def _candidate(match: Match) -> Candidate:
    error = np.inf if match.evidence is None else match.evidence.error * PIXEL
    z, y, x = match.shift
    return Candidate(
        translation=(z, y * PIXEL, x * PIXEL),
        score=float(match.score),
        rival=float(match.rival),
        error=float(error) if np.isfinite(error) else SIZE * PIXEL,
        doubts=match.doubts,
        remark=match.remark,
    )
