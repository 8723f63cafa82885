"""What the Dockerfile installs, installed: its lines, run in a fresh folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
DOCKERFILE = PROJECT / "deployments" / "Dockerfile"


def lines_of(dockerfile: Path) -> list[tuple[str, list[str]]]:
    """Return each instruction with its words, comments and line ends taken out."""
    text = re.sub(r"\\\n", " ", dockerfile.read_text(encoding="utf-8"))
    instructions = [line.split(maxsplit=1) for line in text.splitlines() if line[:1].isupper()]
    return [(name, shlex.split(rest)) for name, rest in instructions]


def install(folder: Path) -> Path:
    """Do what the Dockerfile does in a folder, and return the folder of the commands.

    What it copies is copied, and what it syncs is synced. uv, which it installs first, is the one
    that this environment has.
    """
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv is not None, "the documented set-up installs uv"
    done = []
    for name, words in lines_of(DOCKERFILE):
        if name == "COPY":
            *sources, target = words
            for source in sources:
                _copy(PROJECT / source, folder / target)
        elif name == "RUN" and words[0] == "uv":
            environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
            environment.pop("UV_PROJECT_ENVIRONMENT", None)
            subprocess.run(  # noqa: S603 - the Dockerfile is ours
                [uv, *words[1:], "--python", sys.executable],
                cwd=folder,
                env=environment,
                check=True,
                capture_output=True,
                timeout=300,
            )
            done.append(words)
    assert len(done) == 1
    return folder / ".venv" / "bin"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
