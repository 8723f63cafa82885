"""What becomes of plates of 96 wells, from pixels: right, wrong, refused, alone and by the plate.

Run by hand: `python -m tests.benchmarks.plates_of_pixels [seeds] [part of a scene's name]`, a
quarter of a minute of a core for each plate of one field a well.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.benchmarks.movement import LookNear, outcomes
from tests.benchmarks.pixel_plate import PixelPlate, photograph_plate
from tests.benchmarks.simulated_plate import Scene

_TURN = 0.01
"""Degrees: it moves the outer wells by 8 micrometers, and fields still show the same."""


def _one(share: float = 0.0, kind: str = "empty", *, loose: str = "") -> Scene:
    shares = {kind: share} if share else {}
    return Scene(fields=1, degrees=_TURN, wells_noise=1.0, shares=shares, loose=loose)


SCENES = {
    "one field, clear": _one(),
    "one field, half of them empty": _one(0.5),
    **{
        f"one field, half of them {told}": _one(0.5, kind)
        for kind, told in (
            ("dim", "dim"),
            ("dust", "behind dust"),
            ("periodic", "periodic"),
            ("sparse", "with three cells"),
            ("half", "with half of the cells moving"),
            ("debris", "with bright debris"),
        )
    },
    "one field, every well by itself": _one(loose="wells"),
    "one field, a quarter empty, slipped half way": _one(0.25, loose="half"),
    "4 fields, half of them empty": Scene(fields=4, degrees=_TURN, shares={"empty": 0.5}),
}


def _look(plate: PixelPlate) -> LookNear:
    return plate.look_near


def main(seeds: int, only: str) -> None:
    """Print the table, and the sums."""
    columns = ("right", "told", "wrong", "refused")
    table = Table(
        "96 wells", *(f"{who}: {c}" for who in ("alone", "plate") for c in columns), "how"
    )
    total: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for number, (name, scene) in enumerate(SCENES.items()):
        if only not in name:
            continue
        counts: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        for seed in range(seeds):
            plate = photograph_plate(scene, np.random.default_rng([29, number, seed]))
            for by_plate in counts:
                counts[by_plate] += outcomes(plate.simulated, _look(plate), plate=by_plate)
        cells: list[str] = []
        for by_plate, count in counts.items():
            wrong = sum(n for key, n in count.items() if key.startswith("wrong")) - count["told"]
            told = Counter(
                right=count["right"], told=count["told"], wrong=wrong, refused=count["refused"]
            )
            every = told.total()
            cells += [f"{told['right'] / every:.0%}", *(str(told[c]) for c in columns[1:])]
            total[by_plate] += told
        ways = ("estimated", "within", "predicted", "unmoved")
        by_plate_how = counts[True]
        how = ", ".join(f"{by_plate_how[way]} {way}" for way in ways if by_plate_how[way])
        table.add_row(name, *cells, how)
    console = Console(width=150)
    console.print(table)
    for by_plate, numbers in total.items():
        console.print("with the plate" if by_plate else "alone", dict(numbers), highlight=False)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1, " ".join(sys.argv[2:]))
