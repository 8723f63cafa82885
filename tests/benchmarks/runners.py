"""Processes that do one job after the other and tell how long each took, and their peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from tests.benchmarks.reference_system import RUNNER
from tests.benchmarks.scenes import Timed

Jobs = Sequence[Mapping[str, Any]]
"""The arguments of each image."""


class Runner:
    """One process of one system; imports are done before the first job and are not counted."""

    def __init__(
        self, command: Sequence[str | Path], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the process and wait until it is ready."""
        self.peak_bytes = 0
        """The most memory the process has held so far."""
        self.cpu_seconds = 0.0
        """Of all cores, in the last run."""
        self._process = subprocess.Popen(  # noqa: S603 - our own runners
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._read()

    @classmethod
    def reference(cls, python: Path, timed: Timed | Literal["whole"]) -> Self:
        """Return a process of the reference system."""
        return cls([python, RUNNER, timed])

    @classmethod
    def ours(cls, timed: Timed, home: Path) -> Self:
        """Return a process of this project; Prefect keeps its database below `home`."""
        command = [sys.executable, "-m", "tests.benchmarks.our_runner", timed]
        return cls(command, {"PREFECT_HOME": str(home)})

    def seconds(self, jobs: Jobs) -> float:
        """Register images and return how long it took.

        Raises:
            RuntimeError: The process has failed; holds what it wrote last.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(jobs) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._read())
        self.peak_bytes = int(answer["peak_bytes"])
        self.cpu_seconds = float(answer["cpu_seconds"])
        return float(answer["seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        while line and not (line.startswith('{"seconds"') or line == "ready\n"):
            line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise RuntimeError(f"a runner has failed:\n{self._process.stderr.read()[-3000:]}")
        return line
