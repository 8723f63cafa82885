"""Run this project on the images of a well: by its layers, by its flow, or by its command.

Jobs and answers are those of `reference_runner`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.reference_runner import answer_jobs

Jobs = list[dict[str, Any]]


def main(timed: str) -> None:
    """Answer jobs, each the arguments of one image, or of all images of a well."""
    logging.disable(logging.WARNING)
    if timed == "command":
        answer_jobs(_run_command)
    elif timed == "flow":
        with _flow_of_wells() as run:
            answer_jobs(run)
    else:
        answer_jobs(_layers())


def _layers() -> Any:
    from flows.running.cores import available_cores  # noqa: PLC0415 - only what is timed is loaded
    from tests.registration import register  # noqa: PLC0415

    def run(jobs: Jobs) -> None:
        (job,) = jobs
        register(
            Path(job["zarr_url"]),
            registered_roi_table=job["registered_roi_table"],
            overwrite_input=job["overwrite_input"],
            workers=available_cores(),
        )

    return run


@contextmanager
def _flow_of_wells() -> Iterator[Any]:
    from flows.command.server import prefect_ready_for  # noqa: PLC0415

    with prefect_ready_for("flows.well", verbose=False):
        from flows.well import apply_registration_to_well  # noqa: PLC0415

        def run(jobs: Jobs) -> None:
            well, table = _well_of(jobs)
            apply_registration_to_well(well, table)

        yield run


def _run_command(jobs: Jobs) -> None:
    if len(jobs) > 1:
        kind, (path, table) = "well", _well_of(jobs)
    else:
        kind, path, table = "image", jobs[0]["zarr_url"], jobs[0]["registered_roi_table"]
    command = [sys.executable, "-c", "from flows.command.line import main; main()"]
    subprocess.run(  # noqa: S603 - our own command
        [*command, kind, path, "--registered-roi-table", table], check=True, capture_output=True
    )


def _well_of(jobs: Jobs) -> tuple[str, str]:
    assert all(job["overwrite_input"] for job in jobs)
    return str(Path(jobs[0]["zarr_url"]).parent), jobs[0]["registered_roi_table"]


if __name__ == "__main__":
    main(sys.argv[1])
