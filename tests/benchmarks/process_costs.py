"""What a process costs while it runs: CPU time, threads, file descriptors, memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """Of one process, from its start to its end."""

    wall: float
    cpu: float
    """Seconds, with those of the processes that it has started and waited for."""
    threads: int
    """The most at any time, of the process alone; so are those below."""
    descriptors: int
    memory: int
    """Bytes."""


def run_and_watch(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Costs:
    """Run a command to its end; what it says goes to a file.

    Raises:
        RuntimeError: It has failed; holds what it wrote last.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=output, stderr=output, env=environment
        )
        threads = descriptors = memory = 0
        while True:
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            told = _status(process.pid)
            threads = max(threads, told.get("Threads", 0))
            memory = max(memory, told.get("VmHWM", 0) * 1024)
            descriptors = max(descriptors, _descriptors(process.pid))
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} has failed:\n{log.read_text(errors='replace')[-3000:]}")
    return Costs(
        wall=time.monotonic() - started,
        cpu=used.ru_utime + used.ru_stime,
        threads=threads,
        descriptors=descriptors,
        memory=memory,
    )


def cpu_of_family(process: int) -> float:
    """Return the CPU seconds of a process and all that it has started, also what has ended."""
    ticks: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, can hold anything; state and parent come after it.
            told = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(status.parent.name)
        ticks[number] = sum(int(each) for each in told[11:15])
        children.setdefault(int(told[1]), []).append(number)
    family = [process]
    for member in family:
        family += children.get(member, [])
    return sum(ticks.get(member, 0) for member in family) / _TICKS


def _status(process: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if line.startswith(("Threads", "VmHWM")))
    return {name: int(value.split()[0]) for name, value in pairs}


def _descriptors(process: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    except OSError:
        return 0
