"""What becomes of fields that used to be refused: by themselves, and where others say they lie.

Run by hand: `python -m tests.benchmarks.refusals [trials] [part of a kind's name]`, half a minute
of a core for ten trials of each kind.
"""

from __future__ import annotations

import re
import sys
from collections import Counter

import numpy as np
from rich.console import Console
from rich.table import Table

from tasks.estimate.candidate import Limits, Match
from tasks.estimate.match import match_region
from tasks.estimate.near import match_near
from tests.benchmarks.refused_kinds import KINDS
from tests.benchmarks.trial import Trial
from tests.estimate.samples import random

WITHIN = 8.0
"""Pixels by which a shift may differ from where others say that it lies."""

OFF = (2.5, -1.5)
"""Pixels along y and x by which others are off."""

ASTRAY = ((24.0, -30.0), (16.0, 0.0), (0.0, -32.0))
"""The same where they know nothing of it, or are off by whole periods of the lattice."""


def alone(trial: Trial) -> Match:
    """Match a field by itself."""
    return match_region(*trial.frames, Limits(), lambda: trial.strangers)


def near(trial: Trial, off: tuple[float, float], voices: int = 4) -> Match:
    """Match a field near its true shift, plus what others are off by.

    Where it has none, one field alone says 0.
    """
    voices = voices if trial.truths else 1
    z, y, x = trial.truths[0] if trial.truths else (0.0, 0.0, 0.0)
    expected = (z, y + off[0], x + off[1])
    within = (0.0, WITHIN, WITHIN)
    return match_near(
        *trial.frames,
        Limits(),
        lambda: trial.strangers,
        expected=expected,
        within=within,
        voices=voices,
    )


def verdict(trial: Trial, match: Match) -> str:
    """Return what a match is worth; a wrong one at 0 may be `told`: to be dirt, perhaps."""
    if not match.confident:
        return "refused"
    off = [np.max(np.abs(np.subtract(match.shift, truth))) for truth in trial.truths]
    if off and min(off) <= trial.tolerance:
        return "right"
    return "told" if match.remark else "wrong"


def main(count: int, only: str) -> None:
    """Print a line for each kind."""
    columns = ("right", "told", "wrong", "refused")
    ways = ("alone", "near")
    table = Table(f"{count} of each kind", *(f"{way}: {c}" for way in ways for c in columns))
    table.add_column("astray: wrong")
    table.add_column("reason most often given")
    for number, (name, make) in enumerate(KINDS.items()):
        if only not in name:
            continue
        found: dict[str, Counter[str]] = {way: Counter() for way in (*ways, "astray")}
        reasons: Counter[str] = Counter()
        for seed in range(count):
            trial = make(random(31, number, seed))
            match = alone(trial)
            reasons.update(_kind_of(doubt) for doubt in match.doubts)
            found["alone"][verdict(trial, match)] += 1
            found["near"][verdict(trial, near(trial, OFF))] += 1
            found["astray"].update(
                verdict(trial, near(trial, by, voices)) for by in ASTRAY for voices in (1, 4)
            )
        table.add_row(
            name,
            *(str(found[way][c] or "") for way in ways for c in columns),
            str(found["astray"]["wrong"] or ""),
            *(f"{reason} ({n})" for reason, n in reasons.most_common(1)),
        )
    Console(width=170).print(table)


def _kind_of(doubt: str) -> str:
    """Return a reason without the numbers in it."""
    said, _, _ = doubt.partition(" (")
    return re.sub(r"[\d.]+", "n", said)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, " ".join(sys.argv[2:]))
