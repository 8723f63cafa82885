"""What the plate's knowledge changes: right, wrong and refused, with it and without.

Run by hand: `python -m tests.benchmarks.movement [seeds]`, seconds for each seed. Shifts alone are
simulated, no pixels: what is decided, not what is found. `tests.benchmarks.plates_of_pixels` has
both.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from tasks.movement.decide import Known, decide_region, needs_second_look
from tasks.movement.evidence import Candidate
from tasks.movement.plate import fit_plate, know_image
from tasks.movement.predict import Prediction
from tests.benchmarks.simulated_plate import PITCH, PIXEL, Scene, Simulated, look_again, simulate

SCENES = {
    **{
        f"{fields} fields, {degrees:g} degrees, {empty:.0%} empty": Scene(
            fields=fields, degrees=degrees, shares={"empty": empty}
        )
        for fields in (1, 4, 9)
        for degrees in (0.0, 0.1, 0.5)
        for empty in (0.0, 0.25, 0.5)
    },
    **{
        f"{fields} fields, 25% {kind}": Scene(fields=fields, shares={kind: 0.25})
        for fields in (1, 4)
        for kind in ("dim", "dust", "periodic", "wrong")
    },
    "4 fields, stage 10 and 3 um": Scene(
        wells_noise=10, fields_noise=3, shares={"empty": 0.25, "dim": 0.25}
    ),
    **{
        f"{fields} fields, 25% empty, loose: {loose}": Scene(
            fields=fields, loose=loose, shares={"empty": 0.25}
        )
        for fields in (1, 4)
        for loose in ("wells", "half")
    },
}


Key = tuple[str, str]
"""A well and a region of it."""

LookNear = Callable[[Key, Prediction], Candidate | None]
"""Gives what a second search finds where a field's shift must lie."""


def outcomes(simulated: Simulated, look: LookNear, *, plate: bool) -> Counter[str]:
    """Decide on every field and count how each decision compares with the truth."""
    shared = fit_plate(simulated.evidence, PITCH)
    count: Counter[str] = Counter()
    for image in simulated.evidence:
        moved = shared if plate else fit_plate([image], None)
        for known in know_image(image, [image], moved):
            key = (image.well, known.proposal.region)
            truth = simulated.truth[key]
            looked = _looked_again(known, key, look) if plate else known
            decided = decide_region(looked, "neighbours")
            if decided.decision == "refused":
                count["refused"] += 1
                continue
            away = np.max(abs(np.subtract(decided.translation, truth)))
            allowed = PIXEL
            if decided.decision == "predicted" and looked.prediction is not None:
                allowed = max(PIXEL, *looked.prediction.within)
            right = away <= allowed
            count["right" if right else f"wrong {decided.decision}"] += 1
            count["told"] += not right and decided.decision == "unmoved"
            count[decided.decision] += 1
    return count


def _looked_again(known: Known, key: Key, look: LookNear) -> Known:
    prediction = known.prediction
    if prediction is None or not needs_second_look(known):
        return known
    return dataclasses.replace(known, near=look(key, prediction))


def _simulated_look(simulated: Simulated) -> LookNear:
    return lambda key, prediction: look_again(
        simulated.kinds[key], simulated.truth[key], prediction.translation, prediction.within
    )


def main(seeds: int) -> None:
    """Print the table, the sums, and how long the largest fit takes."""
    columns = ("right", "wrong", "refused")
    table = Table(
        "96 wells", *(f"{who}: {c}" for who in ("alone", "plate") for c in columns), "how"
    )
    total: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for number, (name, scene) in enumerate(SCENES.items()):
        cells: list[str] = []
        for plate in (False, True):
            count: Counter[str] = Counter()
            for seed in range(seeds):
                simulated = simulate(scene, np.random.default_rng([number, seed]))
                count += outcomes(simulated, _simulated_look(simulated), plate=plate)
            wrong = sum(n for key, n in count.items() if key.startswith("wrong"))
            right, refused = count["right"], count["refused"]
            every = right + wrong + refused
            cells += [f"{right / every:.1%}", str(wrong), f"{refused / every:.1%}"]
            total[plate] += Counter(right=right, wrong=wrong, refused=refused)
        ways = ("estimated", "within", "predicted", "unmoved")
        how = ", ".join(f"{count[way]} {way}" for way in ways if count[way])
        table.add_row(name, *cells, how)
    console = Console(width=150)
    console.print(table)
    for plate, numbers in total.items():
        console.print("with the plate" if plate else "alone", dict(numbers), highlight=False)
    big = Scene(fields=9, rows=16, columns=24, shares={"empty": 0.2, "wrong": 0.02})
    every = [
        image
        for acquisition in range(1, 21)
        for image in simulate(big, np.random.default_rng(acquisition), acquisition).evidence
    ]
    start = time.process_time()
    fit_plate(every, 4.5)
    console.print(f"384 wells x 9 fields x 20 acquisitions: {time.process_time() - start:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
