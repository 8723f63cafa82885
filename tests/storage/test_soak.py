"""A few kills of the soak in every run of the suite, and proof that it sees what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.runs import Run
from tests.soak import soak
from tests.soak_scene import Kind, Process, Scene, Worker

IN_PLACE = Kind("0.5", overwrite_input=True, swap="exchange")
BESIDE_BY_RENAMING = Kind("0.4", overwrite_input=False, swap="two renames")


@pytest.mark.parametrize("kind", [IN_PLACE, BESIDE_BY_RENAMING], ids=str)
def test_killed_runs_tear_nothing_and_the_next_run_completes_them(
    kind: Kind, tmp_path: Path
) -> None:
    figures = soak(3, tmp_path, seed=1, kinds=(kind,))
    assert figures.problems == []
    assert figures.kills == 3
    assert figures.reruns >= 1


def test_what_is_torn_and_what_differs_is_seen(tmp_path: Path) -> None:
    scene = Scene(tmp_path, IN_PLACE, Worker)
    assert scene.torn() == scene.differences() == []
    assert scene.changed == ["0", "1", "2"]
    (scene.well / "1" / "labels" / "nuclei" / "0" / "zarr.json").unlink()
    (torn,) = scene.torn()
    assert "image '1' is neither old nor new" in torn
    differences = scene.differences()
    assert any("1/labels/nuclei/0/zarr.json is not as without a kill" in d for d in differences)
    assert any("level '0' is listed but is not there" in d for d in differences)
    shutil.rmtree(scene.well / "1")
    (torn,) = scene.torn()
    assert "image '1'" in torn


def test_a_run_that_fails_is_counted(tmp_path: Path) -> None:
    def start(run: Run) -> Process:
        return Worker(run if first.pop(0) else run._replace(path=run.path / "missing"))

    first = [True, True, False]
    figures = soak(1, tmp_path, seed=1, kinds=(IN_PLACE,), start=start)
    (failed,) = figures.failed
    assert "exit code 1" in failed
