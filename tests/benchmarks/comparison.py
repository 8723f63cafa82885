"""Time the reference system, this project and the floor in turn, on fresh copies of one plate."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from flows.running.cores import available_cores
from tests.benchmarks.floor import floor_seconds
from tests.benchmarks.runners import Runner
from tests.benchmarks.scenes import Scene, Size, jobs, write_scene


@dataclass(frozen=True)
class Row:
    """Medians of one scene, in seconds; peak memory of the processes, in bytes."""

    scene: Scene
    reference: float
    ours: float
    floor: float
    reference_peak: int
    our_peak: int


def measure(scene: Scene, size: Size, runs: int, reference_python: Path) -> Row:
    """Measure one scene; the systems alternate, each in one process for all runs."""
    size = scene.size or size
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        template = write_scene(scene, size, folder / "template.zarr")
        reference, ours, floor, peaks = [], [], [], []
        with (
            Runner.reference(reference_python, scene.timed) as theirs,
            Runner.ours(scene.timed, folder / "prefect") as own,
        ):
            for _ in range(runs):
                well = _fresh_copy(template, folder / "reference.zarr")
                reference.append(theirs.seconds(jobs(scene, well)))
                well = _fresh_copy(template, folder / "ours.zarr")
                todo = jobs(scene, well)
                ours.append(own.seconds(todo))
                peaks.append((theirs.peak_bytes, own.peak_bytes))
                image = Path(todo[0]["zarr_url"]).name
                if scene.registered == "acquisition" and scene.timed == "call":
                    floor.append(_floor(template / image, well / image, folder / "floor"))
    return Row(
        scene=scene,
        reference=statistics.median(reference),
        ours=statistics.median(ours),
        floor=statistics.median(floor) if floor else 0.0,
        # Of the first run: a run has a process to itself, later ones inherit its heap.
        reference_peak=peaks[0][0],
        our_peak=peaks[0][1],
    )


def as_table(rows: Sequence[Row], title: str) -> Table:
    """Return the rows as a table to be printed."""
    table = Table(title=title)
    table.add_column("case")
    for column in (
        "reference s",
        "ours s",
        "reference ÷ ours",
        "floor s",
        "ours ÷ floor",
        "peak MB, reference",
        "peak MB, ours",
    ):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.scene.name,
            f"{row.reference:.2f}",
            f"{row.ours:.2f}",
            f"{row.reference / row.ours:.1f}",
            f"{row.floor:.2f}" if row.floor else "",
            f"{row.ours / row.floor:.2f}" if row.floor else "",
            f"{row.reference_peak / 1e6:.0f}",
            f"{row.our_peak / 1e6:.0f}",
        )
    return table


def _fresh_copy(template: Path, plate: Path) -> Path:
    """Copy the plate of a well and wait until the disk is idle; return the copied well."""
    shutil.rmtree(plate, ignore_errors=True)
    shutil.copytree(template.parent.parent, plate)
    os.sync()
    return plate / template.parent.name / template.name


def _floor(source: Path, result: Path, scratch: Path) -> float:
    shutil.rmtree(scratch, ignore_errors=True)
    os.sync()
    return floor_seconds(source, result, scratch, available_cores())
