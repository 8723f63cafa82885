"""Spread a plate over three workers on PostgreSQL, lose one of them, and compare with one machine.

    python -m tests.lost_workers                  all that follows, half an hour on two busy cores
    python -m tests.lost_workers --only machine   one of: undisturbed, run, worker, machine, cancel

Killed (SIGKILL) in the middle of a well is the process of a run; a worker alone; or a worker with
all that it runs, as when its machine is lost, which the server notices by the missing signs of
life. The plate must end as it does on one machine, byte by byte, with one report and nothing for
the doctor to find. A cancelled plate's run must end every run that it has begun, and the next one
finish the plate. It needs PostgreSQL's programs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tasks.doctor.plate import examine_plate
from tests.benchmarks.tiny_plate import ROI_TABLE, WAVELENGTH, make_tiny_plate
from tests.machines import Machines, in_a_well, machines, parent_of, until
from tests.trees import digest_tree

_SILENCE = 75
"""Seconds without a sign of life that a run is lost after; it gives one every 30."""
_KINDS = ("undisturbed", "run", "worker", "machine", "cancel")
_ASKED = {"wavelength_id": WAVELENGTH, "input_roi_table": ROI_TABLE, "level_path": "0"}


def main() -> int:
    """Do all, and return 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=_KINDS)
    parser.add_argument("--wells", type=int, default=18)
    asked = parser.parse_args()
    # What was started ends with it, also where it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        raw = make_tiny_plate(folder / "raw.zarr", asked.wells, 3)
        with machines(
            folder, PREFECT_WORKER_QUERY_SECONDS="2", PREFECT_FLOWS_HEARTBEAT_FREQUENCY="30"
        ) as site:
            _lose_soon(site)
            site.start_worker()
            here = _register(site, raw, folder / "here" / "plate.zarr", "here")
            for _ in range(2):
                site.start_worker()
            found = [
                problem
                for kind in ([asked.only] if asked.only else _KINDS)
                for problem in _try(site, kind, raw, folder / kind / "plate.zarr", here)
            ]
    for problem in found:
        print(problem)  # noqa: T201 - a script
    return 1 if found else 0


def _lose_soon(site: Machines) -> None:
    """Let the server take a run for lost after a minute, not five."""
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


def _register(site: Machines, raw: Path, plate: Path, distribute: str) -> Path:
    shutil.copytree(raw, plate)
    run = site.start(
        "register-plate/register", {**_ASKED, "plate_url": str(plate), "distribute": distribute}
    )
    state = site.end_of(run, 900)
    if state["type"] != "COMPLETED":
        raise RuntimeError(f"{plate}: {state['message']}")
    return plate


def _try(site: Machines, kind: str, raw: Path, plate: Path, here: Path) -> list[str]:
    shutil.copytree(raw, plate)
    asked = {
        **_ASKED,
        "plate_url": str(plate),
        "distribute": "work-pool",
        "parallel_runs": 3,
    }
    before = {run["id"] for run in site.shares()}
    began = time.monotonic()
    run = site.start("register-plate/register", asked)
    killed = ""
    if kind in {"run", "worker", "machine"}:
        process, lock = until(lambda: in_a_well(plate), 300, "a run is at work in a well")
        worker = parent_of(process)
        victims = {"run": [process], "worker": [worker], "machine": [worker, *_runs(worker)]}[kind]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        killed = f"killed in {lock.relative_to(plate)}"
    problems = []
    if kind == "cancel":
        until(lambda: in_a_well(plate), 300, "a run is at work in a well")
        site.cancel(run)
        state = site.end_of(run, 300)
        new = [each for each in site.shares() if each["id"] not in before]
        ends = [site.end_of(each["id"], 300)["type"] for each in new]
        killed = f"the plate's run ended {state['type']}, its shares {dict(Counter(ends))}"
        if "RUNNING" in ends or state["type"] != "CANCELLED" or in_a_well(plate):
            problems.append(f"cancel: {killed}")
        run = site.start("register-plate/register", asked)
    state = site.end_of(run, 900)
    seconds = time.monotonic() - began
    new = [each for each in site.shares() if each["id"] not in before]
    ends = dict(Counter(each["state_type"] for each in new))
    print(f"{kind}: {killed}; {seconds:.0f} s; shares: {ends}; {state['message']}", flush=True)  # noqa: T201
    if state["type"] != "COMPLETED":
        problems.append(f"{kind}: {state['message']}")
    now, then = digest_tree(plate), digest_tree(here)
    problems += [
        f"{kind}: {path} is not as on one machine"
        for path in sorted({*now, *then})
        if now.get(path) != then.get(path)
    ]
    problems += [f"{kind}: {finding}" for finding in examine_plate(plate)]
    if not (plate.parent / "plate.registration" / "report.html").is_file():
        problems.append(f"{kind}: there is no report")
    while len([each for each in site.workers if each.poll() is None]) < 3:
        site.start_worker()
    return problems


def _runs(worker: int) -> list[int]:
    return [
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (folder / "stat").is_file() and parent_of(int(folder.name)) == worker
    ]


if __name__ == "__main__":
    sys.exit(main())
