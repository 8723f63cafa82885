"""Run this project on one image after the other, or its command on a well.

The command is timed from the start of Python to its end. Jobs and answers are those of
`reference_runner`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks.reference_runner import answer_jobs


def main(kind: str) -> None:
    """Answer jobs: each an image's arguments (`image`) or a well's (`well`)."""
    logging.disable(logging.WARNING)
    answer_jobs(_register_well() if kind == "well" else _register_image())


def _register_image() -> Any:
    from flows.cores import available_cores  # noqa: PLC0415 - only what this kind needs is loaded
    from tests.registration import register  # noqa: PLC0415

    def run(job: dict[str, Any]) -> None:
        register(
            Path(job["zarr_url"]),
            registered_roi_table=job["registered_roi_table"],
            overwrite_input=job["overwrite_input"],
            workers=available_cores(),
        )

    return run


def _register_well() -> Any:
    command = [sys.executable, "-c", "from flows.command_line import main; main()", "well"]

    def run(job: list[dict[str, Any]]) -> None:
        assert all(image["overwrite_input"] for image in job)
        well = str(Path(job[0]["zarr_url"]).parent)
        table = job[0]["registered_roi_table"]
        subprocess.run(  # noqa: S603 - our own command
            [*command, well, "--registered-roi-table", table], check=True, capture_output=True
        )

    return run


if __name__ == "__main__":
    main(sys.argv[1])
