"""Make a folder once for the same arguments; whoever asks again gets a copy.

Much of the time of all tests would go into making the same small images and tables anew by ngio.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, ParamSpec

P = ParamSpec("P")

MOST_BYTES = 6_000_000
"""Of the arguments, and of the files: what is larger is not kept."""

_kept = TemporaryDirectory(prefix="templates-", ignore_cleanup_errors=True)
_templates: dict[bytes, Path] = {}


def make_once(folder: Path, arguments: Any, make: Callable[[], object]) -> None:
    """Make a folder, or put a copy of what was made of the same arguments in its place.

    The files of a copy have the time of copying. Arguments are the same when they pickle alike;
    they must name all that the content depends on.
    """
    key = pickle.dumps(arguments)
    template = _templates.get(key)
    if template is not None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder, copy_function=shutil.copyfile)
        return
    make()
    files = sum(file.stat().st_size for file in folder.rglob("*"))
    if max(len(key), files) <= MOST_BYTES:
        template = Path(_kept.name) / str(len(_templates))
        shutil.copytree(folder, template, copy_function=shutil.copyfile)
        _templates[key] = template


def made_once(make: Callable[Concatenate[Path, P], Path]) -> Callable[Concatenate[Path, P], Path]:
    """Let a function that makes a folder make it once, by name of the folder and arguments."""

    @wraps(make)
    def copied(path: Path, *args: P.args, **kwargs: P.kwargs) -> Path:
        arguments = (make.__qualname__, path.name, args, kwargs)
        make_once(path, arguments, lambda: make(path, *args, **kwargs))
        return path

    return copied
