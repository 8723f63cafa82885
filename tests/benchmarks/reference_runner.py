"""Run the reference system on one image after the other; run by its own environment's Python.

Reads one job a line from standard input (JSON: the keyword arguments of
`apply_registration_to_image`, or a list of them) and answers `{"seconds": …, "peak_bytes": …}` on
standard output.
"""

import json
import logging
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer_jobs(run: Callable[[Any], None]) -> None:
    """Run every job that standard input names, timed."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        job = json.loads(line)
        start = time.perf_counter()
        run(job)
        seconds = time.perf_counter() - start
        sys.stdout.write(json.dumps({"seconds": seconds, "peak_bytes": _peak_bytes()}) + "\n")
        sys.stdout.flush()


def _peak_bytes() -> int:
    # Not getrusage for this process: it gives the peak of the one that started it, where larger.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = int(status.split("VmHWM:")[1].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024


def _register(job: dict[str, Any] | list[dict[str, Any]]) -> None:
    for arguments in job if isinstance(job, list) else [job]:
        apply_registration_to_image(**arguments)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from fractal_tasks_core.apply_registration_to_image import apply_registration_to_image

    answer_jobs(_register)
