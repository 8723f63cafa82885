"""Decide on results that were held back: accept them, or discard them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tasks.plan.errors import InvalidInputError
from tasks.settings import SETTINGS
from tasks.storage.held import find_held
from tasks.storage.hold import accept, discard
from tasks.storage.paths import local_path


def accept_all(place: str) -> Iterator[str]:
    """Put every held result of a plate, well or image in its place; yield what was done.

    Raises:
        InvalidInputError: There is none, or one cannot be accepted.
    """
    for held in _all(place):
        yield f"{accept(held, timeout=SETTINGS.lock_timeout_seconds)}: accepted"


def discard_all(place: str) -> Iterator[str]:
    """Remove every held result of a plate, well or image; yield what was done.

    Raises:
        InvalidInputError: There is none.
    """
    for held in _all(place):
        discard(held, timeout=SETTINGS.lock_timeout_seconds)
        yield f"{held}: discarded"


def _all(place: str) -> list[Path]:
    path = local_path(place)
    found = list(find_held(path))
    if not found:
        raise InvalidInputError(f"{path}: no result is held back here")
    return found
