"""Run one small file-system action over many paths at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = 16
"""File-system calls in flight: they wait for a disk or a server, not for a processor."""

_LARGEST_BATCH = 64

Item = TypeVar("Item")


def run_all(action: Callable[[Item], object], items: Sequence[Item]) -> None:
    """Call the action on every item, in no given order, and wait for all.

    Raises:
        Exception: The first error of an action; actions that have not begun are left out.
    """
    size = max(1, min(_LARGEST_BATCH, len(items) // (4 * WORKERS)))
    batches = [items[first : first + size] for first in range(0, len(items), size)]

    def run_batch(batch: Sequence[Item]) -> None:
        for item in batch:
            action(item)

    if len(batches) <= 1 or WORKERS == 1:
        for batch in batches:
            run_batch(batch)
        return
    pool = ThreadPoolExecutor(min(WORKERS, len(batches)), thread_name_prefix="files")
    try:
        for _ in pool.map(run_batch, batches):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
