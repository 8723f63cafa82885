"""How often the wells of a plate were tried, kept beside the plate's report.

It is the only thing that a plate's own records do not say: a well that has failed looks like one
that has not been tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tasks.plan.errors import InvalidInputError, LockHeldError
from tasks.plan.window import Frozen
from tasks.storage.durable import write_file
from tasks.storage.lock_file import give_back, take_lock

NAME = "attempts.json"
LOCK = ".attempts.plate-registration.lock"


class Attempt(Frozen):
    """What was tried of a well, and what came of it."""

    images: tuple[str, ...]
    """Names of the images that were to be registered."""
    tries: int
    last: datetime
    reason: str = ""
    """Why the last one failed; empty while it runs, and where it was killed."""


Attempts = Mapping[str, Attempt]
"""By row and column of the well."""

_FILE = TypeAdapter(dict[str, Attempt])


def read_attempts(folder: Path) -> dict[str, Attempt]:
    """Return what was tried, from the folder of a plate's report; empty where nothing was.

    Raises:
        InvalidInputError: The file says something else.
    """
    path = folder / NAME
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        raise InvalidInputError(
            f"{path} is not what it was written as; remove it, and its wells are tried anew"
        ) from error


def write_attempts(folder: Path, attempts: Attempts) -> None:
    """Keep what was tried; a file that would say nothing is removed.

    Raises:
        OSError: It cannot be written.
    """
    path = folder / NAME
    if not attempts:
        path.unlink(missing_ok=True)
        return
    content = _FILE.dump_python(dict(attempts), mode="json")
    write_file(
        path,
        json.dumps(content, indent=2).encode(),
        temporary=folder / f".{NAME}.plate-registration.new",
    )


@contextmanager
def alone_on(folder: Path) -> Iterator[None]:
    """Be the only run that takes up a plate by itself, on whatever machine; do not wait.

    Args:
        folder: Of the plate's report; it is made.

    Raises:
        LockHeldError: Another run is at it.
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / LOCK
    descriptor = take_lock(lock, timeout=0)
    if descriptor is None:
        raise LockHeldError(f"another run has taken it up (it holds {lock})")
    try:
        yield
    finally:
        give_back(lock, descriptor)
