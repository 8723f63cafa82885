"""The command `python -m tests.benchmarks`."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from cyclopts import App
from rich.console import Console

from flows.running.cores import available_cores
from tests.benchmarks.comparison import as_table, measure
from tests.benchmarks.distributing import measure_machines
from tests.benchmarks.equivalence import run_trials
from tests.benchmarks.estimation import main as compare_estimates
from tests.benchmarks.estimation_time import time_fields
from tests.benchmarks.orchestration import measure_ways
from tests.benchmarks.quality import measure_cost
from tests.benchmarks.reference_system import VERSION, reference_python
from tests.benchmarks.scenes import LARGE, SCENES, SMALL
from tests.benchmarks.verdicts import count_verdicts
from tests.benchmarks.whole_job import measure_whole_job

app = App(name="python -m tests.benchmarks", help="Measure and compare with the reference system.")
console = Console(width=int(os.environ.get("COLUMNS", "130")))


@app.default
def time_systems(
    *,
    large: bool = False,
    runs: int = 3,
    only: str = "",
    reference_python_path: Path | None = None,
) -> None:
    """Measure both systems and the floor, in turn.

    Args:
        large: The 1 GB image instead of the 90 MB one, and the cases that need it.
        runs: Repetitions; medians are shown.
        only: Measure the cases whose name contains this.
        reference_python_path: Python of an environment that has the reference system already.
    """
    python = reference_python(reference_python_path)
    size = LARGE if large else SMALL
    scenes = [s for s in SCENES if only in s.name and (large or only or not s.large_only)]
    rows = []
    with console.status("") as status:
        for scene in scenes:
            status.update(f"{scene.name} …")
            rows.append(measure(scene, size, runs, python))
    title = (
        f"fractal-tasks-core {VERSION} against this project: image of {size.bytes / 1e6:.0f} MB, "
        f"medians of {runs}, {available_cores()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
    console.print(as_table(rows, title))


@app.command
def equivalence(*, reference_python_path: Path | None = None) -> None:
    """Compare the results of both systems pixel by pixel; exits with 1 where they differ.

    Args:
        reference_python_path: Python of an environment that has the reference system already.
    """
    python = reference_python(reference_python_path)
    different = 0
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as folder:
        for name, differences in run_trials(python, Path(folder)):
            console.print(f"{name}: {'; '.join(differences) or 'identical'}")
            different += bool(differences)
    if different:
        sys.exit(1)


@app.command
def whole(
    *,
    wells: tuple[int, int] = (2, 6),
    runs: int = 3,
    reference_python_path: Path | None = None,
) -> None:
    """Measure the whole job, from raw plate to registered plate, beside the reference system.

    Args:
        wells: Two plates, of which the difference is shown; 6 wells take 6 GB for all copies.
        runs: Repetitions; medians are shown.
        reference_python_path: Python of an environment that has the reference system already.
    """
    python = reference_python(reference_python_path)
    console.print(measure_whole_job(wells, runs, python, console.print))


@app.command
def estimation(*, seeds: int = 3, runs: int = 5) -> None:
    """Compare estimates of single fields: their time, their error, and what is accepted wrongly.

    Args:
        seeds: Repetitions of each case with a known shift; 0 shows times only.
        runs: Repetitions of each time; medians are shown.
    """
    console.print(time_fields(runs))
    if seeds:
        compare_estimates(seeds)


@app.command
def quality(*, runs: int = 5, only: str = "") -> None:
    """Measure what knowing the quality costs: whole plates by the flow, with it and without.

    Args:
        runs: Pairs of runs; medians are shown.
        only: Measure the cases whose name contains this.
    """
    console.print(measure_cost(runs, only))


@app.command
def verdicts(*, seeds: int = 40) -> None:
    """Count what verdicts miss and what they are wrong to tell, by kind of region.

    Args:
        seeds: Regions of each kind.
    """
    console.print(count_verdicts(seeds))


@app.command
def orchestration(*, wells: tuple[int, int] = (4, 16), images: int = 3, only: str = "") -> None:
    """Measure what running costs beside the pixels, by command, from Python and on servers.

    Args:
        wells: Two plates, of which the difference is shown.
        images: Of each well, at most five.
        only: Measure the ways whose name contains this.
    """
    for table in measure_ways(wells, images, only):
        console.print(table)


@app.command
def distributing(
    *, wells: int = 96, images: int = 3, machines: tuple[int, ...] = (0, 1, 2, 4)
) -> None:
    """Measure what spreading a plate over workers costs, on PostgreSQL, each with one core.

    Args:
        wells: Of the plate.
        images: Of each well, at most five.
        machines: Workers to measure with; 0 for one run that does all.
    """
    for line in measure_machines(wells, images, machines):
        console.print(line)


if __name__ == "__main__":
    app()
