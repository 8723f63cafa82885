"""Let shares that work in this process end soon, where the run of their plate is stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from uuid import UUID

from tasks.stopping import STOPPING

_working: Counter[UUID] = Counter()
"""By the plate's run, how many of its shares work here."""
_lock = Lock()


@contextmanager
def at_work(parent: UUID) -> Iterator[None]:
    """Let a share be stopped while it works here.

    Args:
        parent: The plate's run.
    """
    with _lock:
        _working[parent] += 1
    try:
        yield
    finally:
        with _lock:
            _working[parent] -= 1
            if not +_working:
                STOPPING.forget()


def stop_at_work(parent: UUID) -> None:
    """Stop what works here for a plate's run, and what works beside it in this process.

    Args:
        parent: The plate's run.
    """
    with _lock:
        if _working[parent] > 0:
            STOPPING.ask()
