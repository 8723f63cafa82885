"""Run the reference system on one image after the other; run by its own environment's Python.

With the argument `command` each image has a process of its own, as Fractal starts them; with
`whole` all images of a plate go through the three tasks, from raw to registered.

Reads one line for each run from standard input (JSON: a list of the keyword arguments of
`apply_registration_to_image`, one for each image; for `whole`, the images, stain and table of a
plate) and answers `{"seconds": …, "cpu_seconds": …, "peak_bytes": …}` on standard output.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer_jobs(run: Callable[[Any], None]) -> None:
    """Run every list of jobs that standard input gives, timed."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        jobs = json.loads(line)
        start, cores = time.perf_counter(), sum(os.times()[:4])
        run(jobs)
        answer = {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": sum(os.times()[:4]) - cores,
            "peak_bytes": _peak_bytes(),
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _peak_bytes() -> int:
    # Not getrusage for this process: it gives the peak of the one that started it, where larger.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = int(status.split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024


def _load() -> Callable[[Any], None]:
    from fractal_tasks_core.apply_registration_to_image import (  # noqa: PLC0415 - takes seconds
        apply_registration_to_image,
    )

    def run(jobs: list[dict[str, Any]]) -> None:
        for arguments in jobs:
            apply_registration_to_image(**arguments)

    return run


def _load_whole() -> Callable[[Any], None]:
    from fractal_tasks_core.apply_registration_to_image import (  # noqa: PLC0415 - takes seconds
        apply_registration_to_image,
    )
    from fractal_tasks_core.compute_image_based_registration import (  # noqa: PLC0415
        compute_image_based_registration,
    )
    from fractal_tasks_core.compute_registration_consensus import (  # noqa: PLC0415
        compute_registration_consensus,
    )
    from fractal_tasks_core.init_image_based_registration import (  # noqa: PLC0415
        init_image_based_registration,
    )
    from fractal_tasks_core.init_registration_consensus import (  # noqa: PLC0415
        init_registration_consensus,
    )

    def run(jobs: list[dict[str, Any]]) -> None:
        (job,) = jobs
        urls, table = job["zarr_urls"], job["input_roi_table"]
        stages = (
            (
                init_image_based_registration,
                compute_image_based_registration,
                {"wavelength_id": job["wavelength_id"]},
            ),
            (init_registration_consensus, compute_registration_consensus, {}),
        )
        for plan, compute, options in stages:
            for one in plan(zarr_urls=urls, zarr_dir="")["parallelization_list"]:
                compute(**one, **options, input_roi_table=table)
        # As Fractal does, if not in this order: the references go last, others need their tables.
        for url in sorted(urls, key=lambda url: Path(url).name == "0"):
            apply_registration_to_image(zarr_url=url, registered_roi_table=f"{table}_registered")

    return run


def _run_processes(jobs: list[dict[str, Any]]) -> None:
    for arguments in jobs:
        subprocess.run(  # noqa: S603 - this very file
            [sys.executable, __file__, "once", json.dumps(arguments)],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    match sys.argv[1:]:
        case ["once", arguments]:
            _load()([json.loads(arguments)])
        case ["command"]:
            answer_jobs(_run_processes)
        case ["whole"]:
            answer_jobs(_load_whole())
        case _:
            answer_jobs(_load())
