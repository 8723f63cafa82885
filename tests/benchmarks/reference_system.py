"""A throw-away environment with fractal-tasks-core, outside the repository, made once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

VERSION = "2.1.0"

RUNNER = Path(__file__).with_name("reference_runner.py")
"""What that environment's Python runs; it imports nothing of this project."""


def reference_python(given: Path | None = None) -> Path:
    """Return the Python of an environment with the reference system, making it where needed.

    Args:
        given: A Python that has fractal-tasks-core already.

    Raises:
        ImportError: The given Python has another version, or none.
    """
    if given is not None:
        if (found := _installed_version(given)) != VERSION:
            raise ImportError(
                f"{given} has fractal-tasks-core {found or 'not at all'}; {VERSION} is needed"
            )
        return given
    folder = _cache() / f"fractal-tasks-core-{VERSION}"
    python = folder / "bin" / "python"
    if not python.exists() or _installed_version(python) != VERSION:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "-q", f"fractal-tasks-core=={VERSION}")
    return python


def installed_reference() -> Path | None:
    """Return the Python of that environment if it was made before; nothing is installed."""
    python = _cache() / f"fractal-tasks-core-{VERSION}" / "bin" / "python"
    return python if python.exists() and _installed_version(python) == VERSION else None


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "plate-registration"


def _installed_version(python: Path) -> str | None:
    code = "from importlib.metadata import version; print(version('fractal-tasks-core'))"
    asked = subprocess.run(  # noqa: S603 - the Python that the user named
        [python, "-c", code], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - fixed commands, nothing from outside
