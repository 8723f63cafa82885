"""Write a report up to the middle of one of its files, and stay there until killed."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from tasks.report.write_report import write_report
from tests.report.regions import REGIONS, WELLS

Step = Literal["write", "replace"]


def write_until(folder: Path, name: str, step: Step, reached: Connection) -> None:
    """Write half of a file beside its place, or all of it but do not put it there; say so; stay.

    In a process of its own: `Path` is not what it was.
    """
    write_bytes, replace = Path.write_bytes, Path.replace

    def stay() -> None:
        reached.send(name)
        time.sleep(1000)

    def write(path: Path, content: bytes) -> int:
        if step == "write" and f".{name}." in path.name:
            write_bytes(path, content[: len(content) // 2])
            stay()
        return write_bytes(path, content)

    def put(path: Path, target: Any) -> Path:
        if step == "replace" and Path(target).name == name:
            stay()
        return replace(path, target)

    Path.write_bytes, Path.replace = write, put  # type: ignore[assignment, method-assign]
    write_report("p", WELLS, REGIONS, folder)
