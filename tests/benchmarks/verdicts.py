"""Verdicts against the truth: failures that are missed and false alarms, by kind of region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rich.table import Table

from tasks.quality.measure import Pictures, agreement_of, chance_of, motion_of
from tasks.quality.options import Thresholds
from tasks.quality.region_quality import WORST_FIRST, Verdict
from tasks.quality.verdict import judge
from tasks.quality.view import Channel
from tests.benchmarks.alike_frames import Generator
from tests.estimate.samples import Floats, cells, moved
from tests.quality.scenes import turned

SHAPE = (270, 320)
MARGIN = 60
SIDE = max(SHAPE) + 2 * MARGIN
SEEN = (slice(MARGIN, MARGIN + SHAPE[0]), slice(MARGIN, MARGIN + SHAPE[1]))
DARK = np.zeros((SIDE, SIDE))
SPACINGS = (2, 8)
"""Pixels of the finest level in one of what is looked at: a field of 540 x 640, of 2160 x 2560."""

GOOD = frozenset[Verdict]({"pass"})
BAD = frozenset[Verdict]({"fail"})
LOOK = frozenset[Verdict]({"check", "fail"})
EMPTY = frozenset[Verdict]({"nothing to judge"})
NO_PASS = LOOK | EMPTY
NO_FAIL = GOOD | EMPTY | {"check"}


@dataclass(frozen=True)
class Seen:
    """Light of a reference, of the registered image, and how a camera sees them."""

    reference: Floats
    image: Floats
    photons: float = 300.0


@dataclass(frozen=True)
class Kind:
    """A kind of region: how it is made, and the verdicts that are right for it."""

    name: str
    right: frozenset[Verdict]
    make: Callable[[Generator, int], Seen]


GROWN = 8
"""Samples that are grown; each content is one of them, rolled on its torus."""


@lru_cache(maxsize=len(SPACINGS) * GROWN)
def _grown(spacing: int, number: int) -> Floats:
    radius = 20.0 / spacing
    return cells(
        SIDE,
        np.random.default_rng([spacing, number]),
        per_field=60.0 * (8.0 / radius) ** 2,
        radius=radius,
    )


def content(rng: Generator, spacing: int) -> Floats:
    """Return nuclei of 40 px of the finest level, 17 to a small field, 270 to a large one."""
    grown = _grown(spacing, int(rng.integers(GROWN)))
    return np.roll(grown, rng.integers(SIDE, size=2), axis=(0, 1))


@lru_cache(maxsize=1)
def specks() -> Floats:
    """Return bright specks of some pixels of what is looked at."""
    return 3.0 * cells(SIDE, np.random.default_rng(0), per_field=4, radius=5.0)


def somewhere(rng: Generator, pixels: float) -> tuple[float, float]:
    angle = rng.uniform(0, 2 * np.pi)
    return pixels * np.sin(angle), pixels * np.cos(angle)


def wrong_by(pixels: float, photons: float = 300.0) -> Callable[[Generator, int], Seen]:
    def make(rng: Generator, spacing: int) -> Seen:
        one = content(rng, spacing)
        return Seen(one, moved(one, somewhere(rng, pixels / spacing)), photons)

    return make


def turned_by(degrees: float) -> Callable[[Generator, int], Seen]:
    def make(rng: Generator, spacing: int) -> Seen:
        one = content(rng, spacing)
        return Seen(one, turned(one, degrees))

    return make


def wrong_field(rng: Generator, spacing: int) -> Seen:
    return Seen(content(rng, spacing), content(rng, spacing))


def empty(_: Generator, __: int) -> Seen:
    return Seen(DARK, DARK)


def empty_image(rng: Generator, spacing: int) -> Seen:
    return Seen(content(rng, spacing), DARK)


def dust(pixels: float, *, is_right: bool) -> Callable[[Generator, int], Seen]:
    """Return cells under specks that stand still while the plate moved by some pixels.

    Registered rightly the specks are off, registered by the specks the cells are.
    """

    def make(rng: Generator, spacing: int) -> Seen:
        one = content(rng, spacing)
        off = somewhere(rng, pixels / spacing)
        if is_right:
            return Seen(one + specks(), one + moved(specks(), off))
        return Seen(one + specks(), moved(one, off) + specks())

    return make


def periodic(periods: int) -> Callable[[Generator, int], Seen]:
    def make(rng: Generator, spacing: int) -> Seen:
        period = 96 // spacing
        count = 2 * SIDE // period
        spot = np.outer(*(np.hanning(period) for _ in range(2)))
        # Spots of a pattern differ a little in brightness.
        light = np.kron(rng.normal(1.0, 0.2, (count, count)), spot)
        return Seen(light, np.roll(light, periods * period, axis=1))

    return make


def other_stain(pixels: float) -> Callable[[Generator, int], Seen]:
    """Return nuclei beside the rims of the same cells, some of which lack one of the two."""

    def make(rng: Generator, spacing: int) -> Seen:
        both, one, two = (content(rng, spacing) for _ in range(3))
        rim = np.hypot(*np.gradient(both)) * 2.0
        other = moved(rim + two / 2, somewhere(rng, pixels / spacing))
        return Seen(both + one / 2, np.clip(other, 0, None))

    return make


KINDS = (
    *(Kind(f"wrong by {n} px", GOOD, wrong_by(n)) for n in (0, 0.5, 1)),
    *(Kind(f"wrong by {n} px", LOOK, wrong_by(n)) for n in (3, 5)),
    *(Kind(f"wrong by {n} px", BAD, wrong_by(n)) for n in (8, 16, 40, 100)),
    Kind("turned by 0.02 degrees", GOOD, turned_by(0.02)),
    *(Kind(f"turned by {n} degrees", LOOK, turned_by(n)) for n in (0.3, 1.0)),
    Kind("another field", BAD, wrong_field),
    Kind("both empty", EMPTY, empty),
    Kind("image empty", NO_PASS, empty_image),
    Kind("dust, right", NO_FAIL, dust(30, is_right=True)),
    Kind("dust taken for cells", LOOK, dust(30, is_right=False)),
    Kind("periodic, right", GOOD, periodic(0)),
    Kind("periodic, off by a period", LOOK, periodic(1)),
    *(Kind(f"dim ({n} photons), right", NO_FAIL, wrong_by(0.5, n)) for n in (20, 4)),
    *(Kind(f"dim ({n} photons), wrong by 16 px", NO_PASS, wrong_by(16, n)) for n in (20, 4)),
    Kind("other stain, right", NO_FAIL, other_stain(0.5)),
    Kind("other stain, wrong by 16 px", LOOK, other_stain(16)),
)


def photographed(light: Floats, rng: Generator, photons: float, spacing: int) -> Floats:
    """Return what a level shows of a camera's pixels, each the mean of `spacing` squared."""
    mean = 20.0 + photons * light[SEEN]
    frame: Floats = mean + rng.normal(size=mean.shape) * np.sqrt(mean + 9.0) / spacing
    return frame[None]


def verdict_on(kind: Kind, spacing: int, rng: Generator) -> Verdict:
    seen = kind.make(rng, spacing)
    reference, image = (
        photographed(light, rng, seen.photons, spacing) for light in (seen.reference, seen.image)
    )
    strangers = [
        photographed(kind.make(rng, spacing).reference, rng, seen.photons, spacing)
        for _ in range(3)
    ]
    pictures = Pictures(
        channel=Channel(number=0, wavelength="", label="DAPI"),
        reference=reference,
        before=None,
        after=image,
        spacing=(spacing, spacing),
        pixel_size=(0.3 * spacing, 0.3 * spacing),
    )
    chance = chance_of(pictures, strangers)
    agreement = agreement_of(pictures).model_copy(update={"others": chance})
    verdict, _ = judge(agreement, motion_of(pictures), None, Thresholds())
    return verdict


def count_verdicts(seeds: int) -> Table:
    """Return a table of the verdicts on each kind; what is wrong of them is counted apart."""
    table = Table(
        "region", "px", *WORST_FIRST, "wrong", title=f"{seeds} of each; px: field of 540, of 2160"
    )
    missed, alarms = Counter[str](), Counter[str]()
    for number, kind in enumerate(KINDS):
        for spacing in SPACINGS:
            found = Counter(
                verdict_on(kind, spacing, np.random.default_rng([number, spacing, seed]))
                for seed in range(seeds)
            )
            wrong = seeds - sum(found[verdict] for verdict in kind.right)
            is_bad = "pass" not in kind.right and kind.right != EMPTY
            (missed if is_bad else alarms).update(wrong=wrong, all=seeds)
            cells = (f"{found[verdict]}" if found[verdict] else "" for verdict in WORST_FIRST)
            size = {2: "540", 8: "2160"}[spacing]
            table.add_row(kind.name, size, *cells, f"{wrong / seeds:.0%}" if wrong else "")
    table.caption = (
        f"too mild a verdict on {missed['wrong']} of {missed['all']}, "
        f"too hard a one on {alarms['wrong']} of {alarms['all']}"
    )
    return table
