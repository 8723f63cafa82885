"""Kill runs at random moments, run again, and compare with what an undisturbed run gives.

    python -m tests.soak 300            300 kills of runs without Prefect, about a second each
    python -m tests.soak 10 --flows     10 kills of the real command with its Prefect flow, once it
                                        writes

A run registers a whole well, in place or beside, in NGFF 0.4 or 0.5, on a file system that can
exchange folders or one that cannot. It is killed (SIGKILL) one to three times on one plate: at any
moment, or around a swap. After each kill every image must be complete in its old or its new form;
in the end one run must give exactly the files that an undisturbed run gives, byte by byte, and the
doctor must find nothing.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from tests.runs import Run, Swap
from tests.soak_scene import Command, Kind, Process, Scene, Worker

_MOST_KILLS_OF_A_PLATE = 3
_AROUND_A_SWAP = 0.4
"""Share of kills that wait for a swap: it takes a small part of the time, and matters most."""
_WHICH_SWAP = (1, 1, 1, 2, 3)
"""After a kill fewer swaps are left."""
_SHARE_OF_A_RUN = 0.7
"""Where in a run the last kill may come: the run after a kill is a shorter one."""
_LENGTH_OF_A_SWAP = 0.06
"""Seconds, about: with flushing before, and removing after."""

_KINDS = tuple(
    Kind(*kind) for kind in product(("0.4", "0.5"), (True, False), ("exchange", "two renames"))
)


@dataclass
class Figures:
    """What a soak found."""

    kills: int = 0
    around_a_swap: int = 0
    ended_first: int = 0
    """Runs that had ended when they were to be killed; they do not count as kills."""
    reruns: int = 0
    torn: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """All that went wrong."""
        return [*self.torn, *self.failed, *self.differ]

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.around_a_swap} of them around a swap "
            f"({self.ended_first} more runs ended first); {len(self.torn)} images torn; "
            f"{self.reruns} re-runs, {len(self.failed)} failed; "
            f"{len(self.differ)} results that differ"
        )


def soak(
    kills: int,
    folder: Path,
    *,
    seed: int,
    start: Callable[[Run], Process] = Worker,
    kinds: tuple[Kind, ...] = _KINDS,
    progress: Callable[[Figures], None] = lambda _: None,
) -> Figures:
    """Kill that many runs and return what was found.

    Args:
        kills: How many runs to kill.
        folder: Where the plates go.
        seed: Of the moments; what the machine does in between stays its own.
        start: How a run is started.
        kinds: The ways of registering to try.
        progress: Called after each plate.
    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    figures = Figures()
    scenes = [Scene(folder, kind, start) for kind in kinds]
    while figures.kills < kills:
        scene = chance.choice(scenes)
        scene.fresh()
        for _ in range(min(kills - figures.kills, chance.randint(1, _MOST_KILLS_OF_A_PLATE))):
            _kill_once(scene, chance, figures)
            figures.torn += scene.torn()
        figures.reruns += 1
        if code := scene.start().wait():
            figures.failed.append(f"{scene.kind}: exit code {code}")
        else:
            figures.differ += scene.differences()
        progress(figures)
    return figures


def _kill_once(scene: Scene, chance: random.Random, figures: Figures) -> None:
    around_a_swap, number = chance.random() < _AROUND_A_SWAP, chance.choice(_WHICH_SWAP)
    process = scene.start()
    if around_a_swap:
        process.wait_for_swap(number)
    else:
        process.wait_for_work()
    longest = _LENGTH_OF_A_SWAP if around_a_swap else _SHARE_OF_A_RUN * scene.seconds
    until = time.monotonic() + chance.uniform(0, longest)
    while process.is_alive() and time.monotonic() < until:
        time.sleep(0.0005)
    if process.is_alive():
        process.kill()
        figures.kills += 1
        figures.around_a_swap += around_a_swap
    else:
        figures.ended_first += 1
    process.wait()


def _tell(figures: Figures) -> None:
    sys.stdout.write("\n".join([*figures.problems, str(figures), ""]))
    sys.stdout.flush()


def main() -> int:
    """Soak as the command line says, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("kills", type=int, help="how many runs to kill")
    parser.add_argument("--flows", action="store_true", help="kill the command and its flow")
    parser.add_argument("--folder", type=Path, help="a folder on the file system to try")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the moments")
    asked = parser.parse_args()
    # How the command swaps is the file system's business.
    swaps: tuple[Swap, ...] = ("exchange",) if asked.flows else ("exchange", "two renames")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        figures = soak(
            asked.kills,
            Path(folder),
            seed=asked.seed,
            start=Command if asked.flows else Worker,
            kinds=tuple(kind for kind in _KINDS if kind.swap in swaps),
            progress=_tell,
        )
    sys.stdout.write(f"{figures} (seed {asked.seed}, {time.monotonic() - began:.0f} s)\n")
    return bool(figures.problems)


if __name__ == "__main__":
    sys.exit(main())
