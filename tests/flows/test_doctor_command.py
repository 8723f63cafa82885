"""`plate-registration doctor`: what it prints and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.command.line import BAD_INPUT, FAILED, run
from tests.flows.snapshots import snapshot


def test_a_healthy_plate(well: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(well.parent.parent)]) == 0
    assert capsys.readouterr().out == "nothing wrong\n"


def test_what_is_found_changes_nothing_until_it_is_repaired(
    well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plate = well.parent.parent
    (well / ".1.plate-registration.staging").mkdir()
    before = snapshot(plate)
    assert run(["doctor", str(plate)]) == FAILED
    printed = capsys.readouterr().out
    left = ".1.plate-registration.staging"
    assert f"Repair: {well / '1'}: an earlier run that was interrupted left {left}" in printed
    assert "1 found: 1 that --repair or the next run puts right, 0 that need a person" in printed
    assert snapshot(plate) == before
    assert run(["doctor", str(plate), "--repair"]) == 0
    printed = capsys.readouterr().out
    assert "removed it" in printed
    assert printed.endswith("nothing wrong\n")


def test_what_a_person_must_decide_remains(well: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (well / ".1.plate-registration.rejected").mkdir()
    assert run(["doctor", str(well.parent.parent), "--repair"]) == FAILED
    assert "Decide: " in capsys.readouterr().out
    assert (well / ".1.plate-registration.rejected").is_dir()


def test_only_a_plate(well: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(well)]) == BAD_INPUT
    assert "is a well, but a plate is needed" in capsys.readouterr().err
