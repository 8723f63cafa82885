"""What running costs beside the pixels, however it is started: a plate of tiny images, two sizes.

The difference of the two plates is what further wells cost: start and end are the same for both.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from tests.benchmarks.prefect_servers import (
    Server,
    has_postgres,
    postgres_server,
    sqlite_server,
)
from tests.benchmarks.process_costs import Costs, run_and_watch
from tests.benchmarks.tiny_plate import REGISTERED, ROI_TABLE, WAVELENGTH, make_tiny_plate

_COMMAND = "from flows.command.line import main; main()"
_REGISTER = (
    *("register", "{plate}", "--wavelength-id", WAVELENGTH),
    *("--input-roi-table", ROI_TABLE, "--level-path", "0"),
)
_APPLY = ("plate", "{plate}", "--registered-roi-table", REGISTERED)
_BY_PYTHON = f"""
import sys
from flows.register import register_plate
register_plate(sys.argv[1], {WAVELENGTH!r}, input_roi_table={ROI_TABLE!r}, level_path="0")
"""

COUNTED = {
    "flow runs": "flow_run",
    "task runs": "task_run",
    "artifacts": "artifact",
    "log lines": "log",
}

Serve = Callable[[Mapping[str, str], Path], AbstractContextManager[Server]]


@dataclass(frozen=True)
class Way:
    """How a run is started."""

    name: str
    command: tuple[str, ...] | None = _REGISTER
    """None where the same is called from Python."""
    serve: Serve | None = None
    """None where the run finds no server and starts one of its own."""


WAYS = (
    Way("command, applying only", command=_APPLY),
    Way("command"),
    Way("Python", command=None),
    Way("SQLite server", serve=sqlite_server),
    Way("PostgreSQL server", serve=postgres_server),
)


@dataclass(frozen=True)
class Measured:
    """One run."""

    run: Costs
    server_cpu: float
    """Of a server that was there before; else it is in the run's."""
    counts: Mapping[str, int]


def measure_ways(wells: tuple[int, int], images: int, only: str) -> Iterator[Table]:
    """Run `register` on two plates in each way; yield what a further image and well cost.

    Args:
        wells: Of the two plates.
        images: Of each well.
        only: Only the ways whose name contains this.
    """
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        folder = Path(name)
        for way in WAYS:
            if only not in way.name or (way.serve is postgres_server and not has_postgres()):
                continue
            # The first run of all makes the database.
            environment = _environment(folder / way.name)
            with _served(way, environment, folder / way.name) as server:
                _, *measured = [
                    _measure(
                        way, server, make_tiny_plate(folder / f"{n}.zarr", n, images), environment
                    )
                    for n in (1, *wells)
                ]
            yield _as_table(way, wells, images, measured)


def _environment(folder: Path) -> Mapping[str, str]:
    folder.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PREFECT_")}
    return {**kept, "PREFECT_HOME": str(folder), "PYTHONPATH": str(Path.cwd())}


def _measure(
    way: Way, server: Server | None, plate: Path, environment: Mapping[str, str]
) -> Measured:
    if way.command is None:
        code, arguments = _BY_PYTHON, [str(plate)]
    else:
        code, arguments = _COMMAND, [part.format(plate=plate) for part in way.command]
    home = Path(environment["PREFECT_HOME"])
    before = _counts(server, home)
    server_before = 0.0 if server is None else server.cpu()
    address = {} if server is None else {"PREFECT_API_URL": server.url}
    run = run_and_watch(
        [sys.executable, "-c", code, *arguments], {**environment, **address}, home / "run.log"
    )
    server_cpu = 0.0 if server is None else server.cpu() - server_before
    after = _counts(server, home)
    shutil.rmtree(plate)
    shutil.rmtree(plate.with_name(f"{plate.stem}.registration"), ignore_errors=True)
    return Measured(run, server_cpu, {name: after[name] - before[name] for name in COUNTED})


@contextmanager
def _served(way: Way, environment: Mapping[str, str], folder: Path) -> Iterator[Server | None]:
    if way.serve is None:
        yield None
        return
    with way.serve(environment, folder) as server:
        yield server


def _counts(server: Server | None, home: Path) -> Mapping[str, int]:
    if server is not None and server.postgres is not None:
        return counts_in_postgres(server.postgres)
    if not (home / "prefect.db").exists():
        return dict.fromkeys(COUNTED, 0)
    database = sqlite3.connect(home / "prefect.db", timeout=60)
    try:
        return {
            name: database.execute(f"select count(*) from {table}").fetchone()[0]  # noqa: S608 - ours
            for name, table in COUNTED.items()
        }
    finally:
        database.close()


def counts_in_postgres(address: str) -> Mapping[str, int]:
    """Return how many of each a server with PostgreSQL has kept so far."""
    return asyncio.run(_counts_in_postgres(address))


async def _counts_in_postgres(address: str) -> Mapping[str, int]:
    import asyncpg  # noqa: PLC0415 - Prefect's own; without PostgreSQL nothing needs it

    connection = await asyncpg.connect(address)
    try:
        return {
            name: await connection.fetchval(f"select count(*) from {table}")  # noqa: S608 - ours
            for name, table in COUNTED.items()
        }
    finally:
        await connection.close()


def _as_table(way: Way, wells: tuple[int, int], images: int, measured: list[Measured]) -> Table:
    small, large = measured
    further_wells = wells[1] - wells[0]
    further = further_wells * images
    table = Table(title=f"{way.name}: {wells[0]} and {wells[1]} wells of {images} images")
    for column in ("", str(wells[0]), str(wells[1]), "a further image", "a further well"):
        table.add_column(column, justify="right" if column else "left")

    def row(name: str, of: Callable[[Measured], float], digits: int = 3) -> None:
        one, other = of(small), of(large)
        table.add_row(
            name,
            f"{one:.{min(digits, 1)}f}",
            f"{other:.{min(digits, 1)}f}",
            f"{(other - one) / further:.{digits}f}",
            f"{(other - one) / further_wells:.{digits}f}",
        )

    row("wall, s", lambda each: each.run.wall)
    row("CPU of the run, s", lambda each: each.run.cpu)
    row("CPU of the server, s", lambda each: each.server_cpu)
    row("CPU in all, s", lambda each: each.run.cpu + each.server_cpu)
    for name in COUNTED:
        row(name, lambda each, name=name: each.counts[name], 2)  # type: ignore[misc]
    row("threads", lambda each: each.run.threads, 2)
    row("descriptors", lambda each: each.run.descriptors, 2)
    row("memory, MB", lambda each: each.run.memory / 1e6, 2)
    table.caption = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end"
    return table
