"""The whole job, from a raw plate to a registered one, beside the reference system's three tasks.

Ours is run as people run it, by the command; theirs in one process that has loaded all. The
difference of two plates is what further wells cost, without the start of either.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from flows.running.cores import available_cores
from tests.benchmarks.process_costs import run_and_watch
from tests.benchmarks.raw_plate import (
    ACQUISITIONS,
    FIELD,
    FIELDS,
    ROI_TABLE,
    WAVELENGTH,
    well_names,
    write_raw_plate,
)
from tests.benchmarks.reference_system import VERSION
from tests.benchmarks.runners import Runner
from tests.benchmarks.tiny_plate import make_tiny_plate

RECKONED = 16
"""Wells of a plate whose cost is worked out from the two that are measured."""

_COMMAND = (sys.executable, "-c", "from flows.command.line import main; main()", "register")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the cores."""

    wall: float
    cpu: float


def measure_whole_job(
    wells: tuple[int, int], runs: int, reference_python: Path, note: Callable[[str], object]
) -> Table:
    """Run both systems on two plates in turn; return a table of medians.

    Args:
        wells: Of the two plates.
        runs: Repetitions.
        reference_python: Python of an environment with the reference system.
        note: Takes each measurement as it comes: all take minutes.
    """
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        templates = {n: write_raw_plate(folder / f"template{n}.zarr", n) for n in wells}
        environment = _environment(folder / "prefect")
        # The first run of all makes the database.
        _ours(make_tiny_plate(folder / "tiny.zarr", 1, 2), environment, tiny=True)
        theirs: dict[int, list[Spent]] = {n: [] for n in wells}
        ours: dict[int, list[Spent]] = {n: [] for n in wells}
        with Runner.reference(reference_python, "whole") as reference:
            for _ in range(runs):
                for n, template in templates.items():
                    plate = _fresh_copy(template, folder / "plate.zarr")
                    seconds = reference.seconds([_job(plate, n)])
                    theirs[n].append(Spent(seconds, reference.cpu_seconds))
                    note(f"reference, {n} wells: {theirs[n][-1]}")
                    plate = _fresh_copy(template, folder / "plate.zarr")
                    ours[n].append(_ours(plate, environment))
                    note(f"ours, {n} wells: {ours[n][-1]}")
    return _as_table(wells, runs, theirs, ours)


def _environment(home: Path) -> Mapping[str, str]:
    home.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PREFECT_")}
    return {**kept, "PREFECT_HOME": str(home), "PYTHONPATH": str(Path.cwd())}


def _ours(plate: Path, environment: Mapping[str, str], *, tiny: bool = False) -> Spent:
    options = ("--level-path", "0", "--wavelength-id", "A01_C01") if tiny else _options()
    costs = run_and_watch(
        [*_COMMAND, str(plate), *options], environment, plate.with_name("ours.log")
    )
    return Spent(costs.wall, costs.cpu)


def _options() -> tuple[str, ...]:
    return ("--wavelength-id", WAVELENGTH, "--input-roi-table", ROI_TABLE)


def _job(plate: Path, wells: int) -> dict[str, object]:
    return {
        "zarr_urls": [
            str(plate / well / str(acquisition))
            for well in well_names(wells)
            for acquisition in ACQUISITIONS
        ],
        "wavelength_id": WAVELENGTH,
        "input_roi_table": ROI_TABLE,
    }


def _fresh_copy(template: Path, plate: Path) -> Path:
    shutil.rmtree(plate, ignore_errors=True)
    shutil.rmtree(plate.with_name(f"{plate.stem}.registration"), ignore_errors=True)
    shutil.copytree(template, plate)
    os.sync()
    return plate


def _as_table(
    wells: tuple[int, int],
    runs: int,
    theirs: Mapping[int, list[Spent]],
    ours: Mapping[int, list[Spent]],
) -> Table:
    fields = FIELDS[0] * FIELDS[1]
    table = Table(
        title=f"raw to registered: {len(ACQUISITIONS)} acquisitions of {fields} fields of "
        f"{FIELD[0]} x {FIELD[1]}; fractal-tasks-core {VERSION} in a loaded process, ours by the "
        f"command; medians of {runs}, {available_cores()} cores, {platform.machine()}"
    )
    columns = (*(f"{n} wells" for n in wells), "a further well", f"{RECKONED} wells, reckoned")
    for column in ("", *columns):
        table.add_column(column, justify="right" if column else "left")
    for what in ("wall", "cpu"):
        rows: dict[str, tuple[float, ...]] = {}
        for system, spent in (("reference", theirs), ("ours", ours)):
            few, many = (statistics.median(getattr(s, what) for s in spent[n]) for n in wells)
            further = (many - few) / (wells[1] - wells[0])
            rows[system] = (few, many, further, many + (RECKONED - wells[1]) * further)
            table.add_row(f"{system}, {what} s", *(f"{n:.1f}" for n in rows[system]))
        ratios = [a / b for a, b in zip(rows["reference"], rows["ours"], strict=True)]
        table.add_row(f"reference ÷ ours, {what}", *(f"{n:.2f}" for n in ratios))
    table.caption = f"load {os.getloadavg()[0]:.1f} at the end"
    return table
