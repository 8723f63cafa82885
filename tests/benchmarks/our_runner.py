"""Run this project on one image after the other, or on a well through its flow; see
`reference_runner`, whose jobs and answers it shares.
"""

from __future__ import annotations

import logging
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
    from flows.well import apply_registration_to_well  # noqa: PLC0415 - Prefect is slow to load

    def run(job: list[dict[str, Any]]) -> None:
        well = Path(job[0]["zarr_url"]).parent
        apply_registration_to_well(
            str(well),
            job[0]["registered_roi_table"],
            overwrite_input=job[0]["overwrite_input"],
        )

    return run


if __name__ == "__main__":
    main(sys.argv[1])
