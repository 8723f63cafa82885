"""Spread a plate over workers on PostgreSQL, lose one of them, and compare with one machine.

    python -m tests.lost_workers                  all that follows, an hour on two busy cores
    python -m tests.lost_workers machine dask     some of: undisturbed, run, worker, machine, dask,
                                                  slurm, cancel

Killed (SIGKILL) in the middle of a well is the process of a run; a worker alone; a worker with all
that it runs, as when its machine is lost, which the server notices by the missing signs of life; a
worker of a Dask cluster of processes; or one that a job of Slurm has started. (Where there is no
Slurm, two lines of shell stand for it.) The plate must end as it does on one machine, byte by byte,
with one report and nothing for the doctor to find. A cancelled plate's run must end every run that
it has begun, and the next one finish the plate. It needs PostgreSQL's programs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.doctor.plate import examine_plate
from tests.benchmarks.tiny_plate import ROI_TABLE, WAVELENGTH, make_tiny_plate
from tests.deployments.slow_plate import slow_plate
from tests.flows.conftest import TABLE
from tests.machines import Machines, in_a_well, machines, runs_of, until, worker_of
from tests.trees import digest_tree

_SILENCE = 150
"""Seconds without a sign of life that a run is lost after; it gives one every 60."""
_WORKERS = 3
_LONGEST = 1200.0
KINDS = ("undisturbed", "run", "worker", "machine", "dask", "slurm", "cancel")

_SLURM = {
    "sbatch": 'setsid sh "$1" > "$1.log" 2>&1 & echo "Submitted batch job $!"',
    "scancel": 'kill -- "-$1"',
}


@dataclass(frozen=True)
class Plate:
    """A plate to be registered again and again, and how that is asked for."""

    raw: Path
    deployment: str
    asked: Mapping[str, Any]

    def start(self, site: Machines, plate: Path, **how: Any) -> str:
        """Ask for a run on a copy of the plate, and return it."""
        if not plate.exists():
            shutil.copytree(self.raw, plate)
        return site.start(self.deployment, {**self.asked, "plate_url": str(plate), **how})


def main() -> int:
    """Do all, and return 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], default=[])
    parser.add_argument("--wells", type=int, default=9)
    given = parser.parse_args()
    kinds = given.kinds or KINDS
    # What was started ends with it, also where it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found = []
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        raw = make_tiny_plate(folder / "raw.zarr", given.wells, 3)
        estimate = {"wavelength_id": WAVELENGTH, "input_roi_table": ROI_TABLE, "level_path": "0"}
        tiny = Plate(raw, "register-plate/register", estimate)
        slow = Plate(
            slow_plate(folder / "slow.zarr", ("A/01", "A/02"), planes=60),
            "apply-registration-to-plate/plate",
            {"registered_roi_table": TABLE},
        )
        with machines(folder, PREFECT_WORKER_QUERY_SECONDS="2", **_with_slurm(folder)) as site:
            _lose_soon(site)
            for _ in range(_WORKERS):
                site.start_worker()
            for plate in (tiny, slow):
                if plate is slow and "cancel" not in kinds:
                    continue
                here = folder / "here" / plate.raw.name
                _completed(site, plate.start(site, here))
                for kind in kinds:
                    if (kind == "cancel") == (plate is slow):
                        found += [
                            f"{kind}: {problem}"
                            for problem in _try(site, kind, plate, folder / kind, here)
                        ]
    for problem in found:
        print(problem)  # noqa: T201 - a script
    return 1 if found else 0


def _with_slurm(folder: Path) -> dict[str, str]:
    """Write what stands for Slurm where there is none, and return the settings to be used."""
    job = {"DASK_JOBQUEUE__SLURM__CORES": "2", "DASK_JOBQUEUE__SLURM__MEMORY": "2GB"}
    if shutil.which("sbatch"):
        return job
    programs = folder / "slurm"
    programs.mkdir()
    for name, text in _SLURM.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (programs / name).chmod(stat.S_IRWXU)
    return {**job, "PATH": f"{programs}:{os.environ['PATH']}"}


def _lose_soon(site: Machines) -> None:
    """Let the server take a run for lost sooner."""
    code = f"""
from datetime import timedelta
from prefect.client.orchestration import get_client
from flows.deploying.automations import LOST, install_automations
with get_client(sync_client=True) as client:
    (there,) = client.read_automations_by_name(LOST)
    client.delete_automation(there.id)
list(install_automations(silence=timedelta(seconds={_SILENCE})))
"""
    site.command("python", "-c", code)


def _completed(site: Machines, run: str) -> str:
    state = site.end_of(run, _LONGEST)
    if state["type"] != "COMPLETED":
        raise RuntimeError(f"{state['type']}: {state['message']}")
    return str(state["message"])


def _try(site: Machines, kind: str, plate: Plate, folder: Path, here: Path) -> Iterator[str]:
    where = kind if kind in {"dask", "slurm"} else "work-pool"
    how = {"distribute": where, "parallel_runs": 2 if kind in {"dask", "slurm"} else _WORKERS}
    path = folder / plate.raw.name
    before = {run["id"] for run in site.shares()}
    began = time.monotonic()
    run = plate.start(site, path, **how)
    done = ""
    if kind != "undisturbed":
        # A machine that is lost with the plate's own run needs somebody to say Retry.
        own = site.worker_of(run) if kind in {"worker", "machine"} else 0
        process, lock = until(lambda: in_a_well(path, own), _LONGEST, "a run is at work in a well")
        done = f"in {lock.relative_to(path).parents[1]}"
        if kind == "cancel":
            yield from _cancel(site, run, path, before)
            run = plate.start(site, path, **how)
        else:
            done += f", killed {_kill(kind, process)}"
    try:
        message = _completed(site, run)
    except RuntimeError as error:
        yield str(error)
        return
    ends = dict(Counter(r["state_type"] for r in site.shares() if r["id"] not in before))
    seconds = time.monotonic() - began
    print(f"{kind}: {done}; {seconds:.0f} s; shares {ends}; {message}", flush=True)  # noqa: T201
    now, then = digest_tree(path), digest_tree(here)
    for file in sorted({*now, *then}):
        if now.get(file) != then.get(file):
            yield f"{file} is not as on one machine"
    yield from map(str, examine_plate(path))
    if not path.with_name(f"{path.stem}.registration").joinpath("report.html").is_file():
        yield "there is no report"
    while sum(worker.poll() is None for worker in site.workers) < _WORKERS:
        site.start_worker()


def _kill(kind: str, process: int) -> list[int]:
    """Kill what a kind says, and return it."""
    worker = worker_of(process)
    victims = {"worker": [worker], "machine": [worker, *runs_of(worker)]}.get(kind, [process])
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    return victims


def _cancel(site: Machines, run: str, path: Path, before: set[str]) -> Iterator[str]:
    site.cancel(run)
    state = site.end_of(run, _LONGEST)
    shares = [each["id"] for each in site.shares() if each["id"] not in before]
    ends = Counter(site.end_of(each, _LONGEST)["type"] for each in shares)
    print(f"cancelled: {state['type']}, shares {dict(ends)}", flush=True)  # noqa: T201
    if state["type"] != "CANCELLED" or set(ends) != {"CANCELLED"}:
        yield f"the run ended {state['type']}, its shares {dict(ends)}"
    if in_a_well(path):
        yield "something is still at work"


if __name__ == "__main__":
    sys.exit(main())
