"""Run the reference system on one image after the other; run by its own environment's Python.

With the argument `command` each image has a process of its own, as Fractal starts them.

Reads one line for each run from standard input (JSON: a list of the keyword arguments of
`apply_registration_to_image`, one for each image) and answers `{"seconds": …, "peak_bytes": …}` on
standard output.
"""

import json
import logging
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
        start = time.perf_counter()
        run(jobs)
        seconds = time.perf_counter() - start
        sys.stdout.write(json.dumps({"seconds": seconds, "peak_bytes": _peak_bytes()}) + "\n")
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
        case _:
            answer_jobs(_load())
