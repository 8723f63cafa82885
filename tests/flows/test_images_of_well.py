"""Images side by side: one whose process is killed is told of, and nobody waits for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from prefect import flow, task

from flows.parameters.of_flows import WellParameters
from flows.results.result import ImageResult
from flows.running.images_of_well import run_on_images
from tests.flows.conftest import TABLE

pytestmark = pytest.mark.usefixtures("prefect_server")


@task
def is_killed(image: str, well: Path, parameters: WellParameters, workers: int) -> ImageResult:  # noqa: ARG001
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_killed_process_fails_its_image_and_is_not_waited_for(tmp_path: Path) -> None:
    parameters = WellParameters(str(tmp_path), TABLE, task_runner="processes")
    noted: list[tuple[int, int]] = []

    @flow
    def run() -> tuple[list[ImageResult], dict[str, str]]:
        return run_on_images(
            is_killed, ["1", "2"], tmp_path, parameters, note=lambda *so_far: noted.append(so_far)
        )

    done, failed = run()
    assert done == []
    assert {*failed} == {"1", "2"}
    assert all("terminated abruptly" in reason for reason in failed.values())
    assert noted == [(1, 2), (2, 2)]
