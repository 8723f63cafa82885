"""What becomes of frames that invite a wrong shift: none may be accepted.

Run by hand: `python -m tests.benchmarks.adversarial [seeds] [families]`, about a minute a seed.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from tasks.estimate.candidate import Limits
from tasks.estimate.match import match_region
from tests.benchmarks.adversaries import FAMILIES, trials
from tests.benchmarks.trial import Family, Trial

VERDICTS = ("right", "refused", "false refusal", "told of", "false accept")
"""`told of`: a mistake that is not silent, at shift 0, where dirt may look as a sample does."""


def judge(trial: Trial) -> tuple[str, str]:
    """Return the verdict, and what to know to look at the trial again."""
    match = match_region(*trial.frames, Limits(), lambda: trial.strangers)
    if not match.confident:
        return ("false refusal" if trial.truths else "refused"), "; ".join(match.doubts)
    off = [np.max(np.abs(np.subtract(match.shift, truth))) for truth in trial.truths]
    told = f"{np.round(match.shift, 2)} for {np.round(trial.truths, 2).tolist()}, {match.view}"
    if off and min(off) <= trial.tolerance:
        return "right", told
    return ("told of" if match.remark else "false accept"), told


def run_family(seeds: int, family: Family) -> dict[str, list[tuple[int, int, str]]]:
    """Return the seeds and sizes of each verdict of a family."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for seed in range(seeds):
        for size, trial in trials(family, seed):
            verdict, told = judge(trial)
            found.setdefault(verdict, []).append((seed, size, told))
    return found


def main(seeds: int, names: Sequence[str]) -> None:
    table = Table("family", *VERDICTS)
    total: Counter[str] = Counter()
    console = Console(width=150)
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as processes:
        for group, families in FAMILIES.items():
            chosen = [each for each in families if not names or each.__name__ in names]
            table.add_section()
            for family, found in zip(
                chosen, processes.map(partial(run_family, seeds), chosen), strict=True
            ):
                counts = Counter({verdict: len(all_) for verdict, all_ in found.items()})
                total += counts
                table.add_row(
                    f"{group}: {family.__name__.replace('_', ' ')}",
                    *(str(counts[verdict] or "") for verdict in VERDICTS),
                )
                for seed, size, told in found.get("false accept", []):
                    console.print(
                        f"FALSE ACCEPT {family.__name__} seed {seed} size {size}: {told}",
                        highlight=False,
                        markup=False,
                    )
    console.print(table)
    console.print(dict(total), highlight=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, sys.argv[2:])
