"""What it costs to spread a plate of tiny images over workers, beside the pixels."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.orchestration import COUNTED, counts_in_postgres
from tests.benchmarks.process_costs import cpu_of_family
from tests.benchmarks.tiny_plate import ROI_TABLE, WAVELENGTH, make_tiny_plate
from tests.machines import Machines, machines

_LONGEST = 7200.0


@dataclass(frozen=True)
class _Measured:
    wall: float
    runs: float
    """CPU seconds of the workers and all that they have run."""
    server: float
    """CPU seconds of the server and its database."""
    counts: Mapping[str, int]


def measure_machines(wells: int, images: int, workers: Sequence[int]) -> Iterator[str]:
    """Register one plate from raw images, each time with another number of workers.

    Every worker takes one run at a time, with one thread; one more has the plate's own run. Yields
    a line for each number, once it is known.

    Args:
        wells: Of the plate.
        images: Of each well.
        workers: How many, each time; 0 for one run that does all by itself.
    """
    yield f"{wells} wells of {images} images, PostgreSQL, {os.cpu_count()} cores"
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        raw = make_tiny_plate(folder / "raw.zarr", wells, images)
        with machines(folder) as site:
            for number in workers:
                found = _measure(site, raw, folder / f"{number}" / "plate.zarr", number)
                per_image = (found.runs / wells / images, found.server / wells / images)
                counts = ", ".join(f"{count} {name}" for name, count in found.counts.items())
                yield (
                    f"{number or 'no'} workers: {found.wall:.0f} s; CPU an image: "
                    f"{per_image[0]:.2f} s of runs, {per_image[1]:.2f} s of the server; {counts}; "
                    f"load {os.getloadavg()[0]:.1f}"
                )


def _measure(site: Machines, raw: Path, plate: Path, number: int) -> _Measured:
    shutil.copytree(raw, plate)
    for _ in range(number + 1):
        site.start_worker("--limit", "1")
    before, server_before = _counts(site), site.server.cpu()
    spread = {"distribute": "work-pool", "parallel_runs": number} if number else {}
    began = time.monotonic()
    run = site.start(
        "register-plate/register",
        {
            "plate_url": str(plate),
            "wavelength_id": WAVELENGTH,
            "input_roi_table": ROI_TABLE,
            "level_path": "0",
            "workers": 1,
            **spread,
        },
    )
    state = site.end_of(run, _LONGEST)
    wall = time.monotonic() - began
    if state["type"] != "COMPLETED":
        raise RuntimeError(state["message"])
    server = site.server.cpu() - server_before
    # What they have started has ended by now, and is in their own.
    runs = sum(cpu_of_family(worker.pid) for worker in site.workers)
    after = _counts(site)
    site.stop_workers()
    return _Measured(wall, runs, server, {name: after[name] - before[name] for name in COUNTED})


def _counts(site: Machines) -> Mapping[str, int]:
    if site.server.postgres is None:
        raise RuntimeError("the server has no PostgreSQL")
    return counts_in_postgres(site.server.postgres)
