"""Plates whose fields propose shifts without pixels: what each is sure of, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tasks.movement.evidence import Candidate, ImageEvidence, Proposal, Translation

PIXEL = 1.3
"""Micrometers: level 2 of a 20x objective."""

SIDE = 350.0
"""Micrometers of a field."""

PITCH = 9.0
ROWS, COLUMNS = 8, 12
PERIOD = 40.0
"""Micrometers of a repeating content."""

_LOST = 150.0
"""Micrometers around which matches of nothing are found."""


@dataclass(frozen=True)
class Scene:
    """How a plate was put back, and what its fields show."""

    fields: int = 4
    degrees: float = 0.12
    wells_noise: float = 3.0
    """Standard deviation of the stage from well to well, micrometers."""
    fields_noise: float = 1.0
    shares: dict[str, float] = field(default_factory=dict)
    """Per kind of field the share of such fields; the others show clear cells."""
    loose: str = ""
    """`wells`: each moves by itself; `half`: the plate slips half way."""
    rows: int = ROWS
    columns: int = COLUMNS


@dataclass(frozen=True)
class Simulated:
    """One acquisition of a plate."""

    evidence: tuple[ImageEvidence, ...]
    truth: dict[tuple[str, str], Translation]
    """Per well and region."""
    kinds: dict[tuple[str, str], str]


def simulate(
    scene: Scene, rng: np.random.Generator, acquisition: int = 1, *, put_back: float = 100.0
) -> Simulated:
    """Return what the fields of one acquisition propose.

    Args:
        scene: How the plate was put back.
        rng: Draws what is by chance.
        acquisition: Its number.
        put_back: Micrometers along y and x by which the plate, and a loose well, moved at most.
    """
    turn = 2 * np.tan(np.radians(scene.degrees) / 2)
    centre = np.array([scene.rows, scene.columns]) * PITCH * 500
    of_plate = rng.uniform(-put_back, put_back, 2)
    slipped = rng.uniform(0.3 * put_back, put_back, 2) * rng.choice([-1, 1], 2)
    across = int(np.ceil(np.sqrt(scene.fields)))
    evidence, truth, kinds = [], {}, {}
    for well in range(scene.rows * scene.columns):
        row, column = divmod(well, scene.columns)
        name = f"{chr(65 + row)}/{column + 1:02d}"
        of_well = of_plate + rng.normal(0, scene.wells_noise, 2)
        if scene.loose == "wells":
            of_well += rng.uniform(-put_back, put_back, 2)
        elif scene.loose == "half" and well >= scene.rows * scene.columns / 2:
            of_well += slipped
        regions = []
        for number in range(scene.fields):
            place = (np.array(divmod(number, across)) + 0.5) * SIDE
            on_plate = np.array([row, column]) * PITCH * 1000 + place - centre
            y, x = (
                of_well
                + turn * np.array([-on_plate[1], on_plate[0]])
                + rng.normal(0, scene.fields_noise, 2)
            )
            kind = _kind(scene.shares, rng)
            region = f"FOV_{number + 1}"
            truth[name, region] = (0.0, float(y), float(x))
            kinds[name, region] = kind
            regions.append(
                Proposal(
                    region=region,
                    place=(float(place[0]), float(place[1])),
                    side=SIDE,
                    corner=SIDE / 2**0.5,
                    pixel=(1.0, PIXEL, PIXEL),
                    candidates=_candidates(kind, (float(y), float(x)), rng),
                )
            )
        evidence.append(
            ImageEvidence(
                well=name,
                image=str(acquisition),
                acquisition=acquisition,
                reference="0",
                reference_acquisition=0,
                regions=tuple(regions),
            )
        )
    return Simulated(tuple(evidence), truth, kinds)


def look_again(
    kind: str, truth: Translation, expected: Translation, within: Translation
) -> Candidate | None:
    """Return what a search in a small window would find: dim and dusty cells, and lattices."""
    away = abs(np.subtract(truth, expected))[1:]
    reach = np.array(within[1:]) + PIXEL
    if kind in {"dim", "dust"} and bool(np.all(away <= reach)):
        return Candidate(translation=truth, score=0.3, rival=0.5, error=0.3 * PIXEL)
    if kind == "periodic":
        steps = [np.arange(-9, 10) * PERIOD + at for at in truth[1:]]
        inside = [s[abs(s - e) <= r] for s, e, r in zip(steps, expected[1:], reach, strict=True)]
        if all(len(some) == 1 for some in inside):
            place = (0.0, float(inside[0][0]), float(inside[1][0]))
            return Candidate(translation=place, score=0.8, rival=0.5, error=0.2 * PIXEL)
    return None


def _kind(shares: dict[str, float], rng: np.random.Generator) -> str:
    drawn = rng.random()
    for kind, share in shares.items():
        drawn -= share
        if drawn < 0:
            return kind
    return "clear"


def _candidates(
    kind: str, truth: tuple[float, float], rng: np.random.Generator
) -> tuple[Candidate, ...]:
    y, x = np.array(truth) + rng.normal(0, 0.2 * PIXEL, 2)
    right = Candidate(
        translation=(0.0, float(y), float(x)), score=0.7, rival=0.4, error=0.2 * PIXEL
    )
    # The last are known by their pixels only.
    if kind in {"clear", "sparse", "half", "debris"}:
        return (right,)
    chance = [_chance(rng) for _ in range(3)]
    if kind == "dim":
        own = right.model_copy(update={"score": 0.3, "doubts": ("only 2 places agree",)})
        return (own, *chance) if rng.random() < 0.7 else (*chance, own)
    if kind == "empty":
        return tuple(chance)
    if kind == "wrong":
        return (chance[0].model_copy(update={"doubts": (), "score": 0.6, "rival": 0.5}),)
    if kind == "dust":
        place = (0.0, *(float(n) for n in rng.normal(0, 0.2 * PIXEL, 2)))
        return (right.model_copy(update={"translation": place, "remark": "it may be dirt"}),)
    if kind == "periodic":
        y, x = np.array([y, x]) + PERIOD * rng.integers(-2, 3, 2)
        doubts = ("another shift matches 98% as well",)
        return (
            right.model_copy(
                update={"translation": (0.0, float(y), float(x)), "rival": 0.98, "doubts": doubts}
            ),
        )
    raise AssertionError(kind)


def _chance(rng: np.random.Generator) -> Candidate:
    y, x = rng.uniform(-_LOST, _LOST, 2)
    return Candidate(
        translation=(0.0, float(y), float(x)),
        score=float(rng.uniform(0.02, 0.2)),
        rival=float(rng.uniform(0.8, 1.0)),
        error=0.5 * PIXEL,
        doubts=("only 5% of the content agrees",),
    )
