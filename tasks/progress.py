"""How far the pixels are: a progress artifact in Prefect, and a bar where there is a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Event, Thread
from typing import TypeAlias, cast
from uuid import UUID

import httpx  # Prefect's client raises httpx's errors
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from tasks.stopping import STOPPING
from tasks.terminal_bars import TERMINAL_BARS

Note: TypeAlias = Callable[[int, int], None]
"""Takes how much is done, of how much in all."""

_SECONDS_BETWEEN_UPDATES = 2.0
_is_part: ContextVar[bool] = ContextVar("_is_part", default=False)


@contextmanager
def part_of_a_run() -> Iterator[None]:
    """Let what is done inside show no progress in Prefect: the run that it is a part of does so.

    Each artifact is a record for good, and its sender a thread: one is enough for a plate.
    """
    token = _is_part.set(True)
    try:
        yield
    finally:
        _is_part.reset(token)


def is_part_of_a_run() -> bool:
    """Return whether what is done here is a part of a run that tells of it."""
    return _is_part.get()


@contextmanager
def shown_progress(what: str, *, interval: float = _SECONDS_BETWEEN_UPDATES) -> Iterator[Note]:
    """Show the progress of one piece of work until the block ends.

    The yielded function takes blocks done and blocks in all; it is cheap and may be called from any
    thread. Where the run is to stop it raises `StoppedError`: between two blocks is the moment.
    The artifact is updated from a thread of its own, so that a slow server never slows the writing;
    a server that fails costs the display, not the run. There is none for a `part_of_a_run`.

    Args:
        what: What is being written, such as `image A/01/1`; becomes the artifact's key.
        interval: Seconds between two updates of the artifact.
    """
    latest = 0.0
    over = Event()

    def note(done: int, total: int) -> None:
        nonlocal latest
        STOPPING.check()
        latest = 100.0 * done / total if total else 100.0
        show_on_terminal(done, total)

    def send() -> None:
        try:
            # Without a running event loop Prefect answers with the key itself, not a coroutine.
            artifact = cast(
                "UUID",
                create_progress_artifact(progress=0.0, key=artifact_key(what), description=what),
            )
            while not over.wait(interval):
                update_progress_artifact(artifact, progress=latest)
            update_progress_artifact(artifact, progress=latest)
        except httpx.HTTPError as error:
            get_run_logger().warning("Progress of %s is not shown any more: %s", what, error)

    with TERMINAL_BARS.bar(what) as show_on_terminal:
        if _is_part.get():
            yield note
            return
        # The copied context tells Prefect which run the artifact belongs to.
        sender = Thread(target=copy_context().run, args=(send,), name=f"progress of {what}")
        sender.start()
        try:
            yield note
        finally:
            over.set()
            sender.join()


def in_parts(note: Note, sizes: Sequence[int]) -> tuple[Note, ...]:
    """Return for each part of a piece of work what takes its progress, and notes that of the whole.

    Args:
        note: Takes the progress of the whole.
        sizes: How much work each part is, beside the others. They are done in this order.
    """

    def of_part(number: int) -> Note:
        before, size, whole = sum(sizes[:number]), sizes[number], sum(sizes)

        def note_part(done: int, total: int) -> None:
            note(before + (size * done // total if total else size), whole)

        return note_part

    return tuple(of_part(number) for number in range(len(sizes)))


def artifact_key(text: str) -> str:
    """Return the text in the lower-case letters, digits and dashes that Prefect's keys allow."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
