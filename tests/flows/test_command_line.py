"""The command as people type it, in a process of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flows.command.line import BAD_INPUT, FAILED, run
from tests.flows.conftest import TABLE
from tests.flows.snapshots import snapshot

COMMAND = [sys.executable, "-c", "from flows.command.line import main; main()"]


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**kept, **environment},
    )


def test_an_image_is_registered_by_one_command_without_a_server(well: Path, tmp_path: Path) -> None:
    url, home = str(well / "1"), str(tmp_path / "prefect")
    result = call("image", url, "--registered-roi-table", TABLE, PREFECT_HOME=home)
    assert result.returncode == 0, result.stderr
    assert "1 registered" in result.stdout
    assert "y -8, x +4 px" in result.stdout
    assert url in result.stdout
    assert result.stderr == ""
    # Also what was told last is on record, for a server that is started there later.
    database = sqlite3.connect(f"{home}/prefect.db")
    told = {message for (message,) in database.execute("select message from log")}
    database.close()
    assert any(message.startswith("Finished in state Completed('1 region") for message in told)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["image", "{well}/9"], "does not exist", id="missing"),
        pytest.param(["image", "{well}"], "is a well, but an image is needed", id="a well"),
        pytest.param(["plate", "{well}/1"], "is an image, but a plate is needed", id="an image"),
        pytest.param(["image", "s3://b/p.zarr/A/01/1"], "not supported yet", id="remote"),
        pytest.param(["image", "{well}/1", "--workers", "0"], "greater than or equal", id="bound"),
        pytest.param(["well", "{well}", "--task-runner", "dask"], "dask", id="no such runner"),
        pytest.param(["well"], "requires an argument", id="nothing said"),
        pytest.param(["wells"], "wells", id="no such command"),
    ],
)
def test_bad_input_is_one_line_and_needs_no_server(
    well: Path, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(well.parent.parent)
    filled = [argument.format(well=well) for argument in arguments]
    table = ["--registered-roi-table", TABLE] if len(filled) > 1 else []
    code = run([*filled, *table])
    captured = capsys.readouterr()
    assert code == BAD_INPUT
    assert reason in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert snapshot(well.parent.parent) == before


@pytest.mark.usefixtures("prefect_server")
def test_a_failed_image_is_told_in_one_line_and_the_others_in_the_table(
    well: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (well / "1" / "tables" / TABLE).iterdir():
        if file.is_file():
            file.unlink()
    code = run(["well", str(well), "--registered-roi-table", TABLE])
    captured = capsys.readouterr()
    assert code == FAILED
    ours = [line for line in captured.err.splitlines() if line.startswith("plate-registration:")]
    assert len(ours) == 1
    assert "image '1'" in ours[0]
    assert "1 registered, 1 failed" in captured.out


def test_a_setting_out_of_bounds_is_one_line(well: Path, tmp_path: Path) -> None:
    result = call(
        "image",
        str(well / "1"),
        "--registered-roi-table",
        TABLE,
        PLATE_REGISTRATION_RETRIES="many",
        PREFECT_HOME=str(tmp_path / "prefect"),
    )
    assert result.returncode == BAD_INPUT
    assert "retries" in result.stderr
    assert result.stderr.count("\n") == 1
    # Neither a server nor a flow was waited for.
    assert not (tmp_path / "prefect").exists()


def test_estimating_without_its_libraries_is_one_line_that_says_what_to_install(
    well: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the import system answers for a package that is not there.
    monkeypatch.setattr("flows.command.start.find_spec", lambda _name: None)
    before = snapshot(well.parent.parent)
    code = run(["register", str(well.parent.parent), "--wavelength-id", "A01_C01"])
    captured = capsys.readouterr()
    assert code == BAD_INPUT
    assert "scipy, skimage. Install plate-registration with the extra 'estimate'" in captured.err
    assert captured.err.count("\n") == 1
    assert snapshot(well.parent.parent) == before


def test_help_waits_neither_for_prefect_nor_for_ngio() -> None:
    # Prefect takes two seconds to import; ngio, with pandas, polars and dask, three.
    slow = "{'prefect', 'ngio'} & {*sys.modules}"
    code = f"import sys, flows.command.line; sys.exit(', '.join({slow}) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)  # noqa: S603 - ours
