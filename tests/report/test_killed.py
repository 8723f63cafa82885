"""A report whose writing is killed: each file is whole, old or new, and the next run writes all."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import polars as pl
import pytest

from tasks.report import write_report as module
from tasks.report.write_report import write_report
from tests.forks import forks
from tests.report.regions import REGIONS, WELLS
from tests.report.stuck import Step, write_until

OLD, NEW = REGIONS[:4], REGIONS


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("B-01.js", "write"),
        ("qc.csv", "replace"),
        ("qc.parquet", "write"),
        ("report.html", "write"),
    ],
)
def test_killed_while_a_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: Step
) -> None:
    folder, other = tmp_path / "report", tmp_path / "other"
    page = write_report("p", WELLS, OLD, folder)
    old = contents(folder)
    write_report("p", WELLS, NEW, other)
    new = contents(other)
    assert old["report.html"] != new["report.html"]

    here, there = forks.Pipe(duplex=False)
    process = forks.Process(target=write_until, args=(folder, name, step, there))
    process.start()
    there.close()
    assert here.recv() == name
    process.kill()
    process.join(100)
    assert process.exitcode == -signal.SIGKILL

    found = contents(folder)
    shown = {path: text for path, text in found.items() if module.TEMPORARY not in path}
    assert len(found) == len(shown) + 1, "the file that was being written"
    assert all(text in (old.get(path), new[path]) for path, text in shown.items())
    assert page.read_bytes() == old["report.html"], "the page is the last to be written"
    assert pl.read_parquet(folder / "qc.parquet").height in (len(OLD), len(NEW))

    an_hour_later = time.time() + module.LEFT_AFTER_SECONDS + 1
    monkeypatch.setattr(module.time, "time", lambda: an_hour_later)
    write_report("p", WELLS, NEW, folder)
    assert contents(folder) == new


def test_what_another_run_is_writing_is_left_to_it(tmp_path: Path) -> None:
    others = tmp_path / f".report.html.1{module.TEMPORARY}"
    others.write_bytes(b"half a pa")
    write_report("p", WELLS, NEW, tmp_path)
    assert others.read_bytes() == b"half a pa"
