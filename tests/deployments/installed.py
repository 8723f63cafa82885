"""What the Dockerfile installs, installed: its lines, run in a fresh folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
DOCKERFILE = PROJECT / "deployments" / "Dockerfile"


def lines_of(dockerfile: Path) -> list[tuple[str, list[str]]]:
    """Return each instruction with its words, comments and line ends taken out."""
    text = re.sub(r"\\\n", " ", dockerfile.read_text(encoding="utf-8"))
    instructions = [line.split(maxsplit=1) for line in text.splitlines() if line[:1].isupper()]
    return [(name, shlex.split(rest)) for name, rest in instructions]


def synced() -> list[str]:
    """Return the words, after `uv`, of the line that installs the project."""
    (words,) = (
        words[1:] for name, words in lines_of(DOCKERFILE) if (name, words[0]) == ("RUN", "uv")
    )
    return words


def install(folder: Path) -> Path:
    """Do what the Dockerfile does in a folder, and return the folder of the commands.

    What it copies is copied, and what it syncs is synced. uv, which it installs first, is the one
    that this environment has.
    """
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv is not None, "the documented set-up installs uv"
    for name, words in lines_of(DOCKERFILE):
        if name == "COPY":
            *sources, target = words
            for source in sources:
                _copy(PROJECT / source, folder / target)
    # All commands are run from the project's folder.
    _copy(PROJECT / "deployments", folder / "deployments")
    unset = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    subprocess.run(  # noqa: S603 - the Dockerfile is ours
        [uv, *synced(), "--python", sys.executable],
        cwd=folder,
        env={name: text for name, text in os.environ.items() if name not in unset},
        check=True,
        capture_output=True,
        timeout=300,
    )
    _share_compiled(folder / ".venv")
    return folder / ".venv" / "bin"


def _share_compiled(fresh: Path) -> None:
    """Link what this Python has compiled of the same files; else a minute goes by compiling."""
    ours = Path(sysconfig.get_path("purelib"))
    theirs = fresh / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    for compiled in ours.rglob("__pycache__/*.pyc"):
        target = theirs / compiled.relative_to(ours)
        # Python takes it only if it was made from a file of this very time and size.
        if target.parent.parent.is_dir():
            target.parent.mkdir(exist_ok=True)
            with suppress(OSError):
                os.link(compiled, target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
