"""Run one task on images of a well, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import Task, unmapped
from prefect.futures import PrefectFuture, as_completed
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.parameters.of_flows import WellParameters
from flows.results.failures import reason_of
from flows.results.outcome import outcome_of
from flows.results.result import ImageResult
from flows.running.cores import shared_out
from flows.running.task_runners import running
from tasks.progress import Note


def run_on_images(
    one_image: Task[..., ImageResult],
    images: Sequence[str],
    well: Path,
    parameters: WellParameters,
    *,
    note: Note,
) -> tuple[list[ImageResult], dict[str, str]]:
    """Run a task on each image and wait for all; one that fails does not stop the others.

    Args:
        one_image: Takes `image`, `well`, `parameters` and `workers`.
        images: Names of the images.
        well: Folder of the well.
        parameters: Of the well.
        note: Takes how many images have ended, and how many there are.

    Returns:
        The results of the images that succeeded, and the reasons of those that did not.
    """
    at_once, threads = shared_out(parameters.workers, parameters.parallel_images, len(images))
    outcomes: dict[str, object] = {}
    # The run that has started all this gives signs of life. Prefect waits after every flow run, for
    # up to a second, for the thread that gives them.
    quiet = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with quiet, running(parameters.task_runner, at_once) as runner:
        futures: list[PrefectFuture[Any]] = [
            *runner.map(
                one_image,
                {
                    "image": list(images),
                    "well": unmapped(well),
                    "parameters": unmapped(parameters),
                    "workers": threads,
                },
            )
        ]
        image_of = dict(zip(futures, images, strict=True))
        for ended, future in enumerate(as_completed(futures), start=1):
            outcomes[image_of[future]] = outcome_of(future)
            note(ended, len(images))
    done: list[ImageResult] = []
    failed: dict[str, str] = {}
    for image in images:
        outcome = outcomes[image]
        if isinstance(outcome, ImageResult):
            done.append(outcome)
        else:
            failed[image] = reason_of(outcome)
    return done, failed
