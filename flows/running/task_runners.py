"""The task runners a user can choose from, each with a bound, and how their work is stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeAlias, assert_never

from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows.running.kinds import RunnerKind
from tasks.stopping import STOPPING

Runner: TypeAlias = ThreadPoolTaskRunner[Any] | ProcessPoolTaskRunner


@contextmanager
def running(kind: RunnerKind, at_once: int) -> Iterator[Runner]:
    """Offer a runner, and let what it has under way end soon where the run is stopped.

    Ctrl-C, SIGTERM and a cancellation reach the main thread, as no ordinary exception. Prefect
    would then wait until every image that has begun is finished.
    """
    others = set(multiprocessing.active_children())
    stopped = False
    try:
        with make_runner(kind, at_once) as runner:
            try:
                yield runner
            except Exception:
                # One image or well has failed: what runs beside it goes on to its end.
                raise
            except BaseException:
                stopped = True
                STOPPING.ask()
                for child in set(multiprocessing.active_children()) - others:
                    child.terminate()
                raise
    finally:
        if stopped:
            STOPPING.forget()


def make_runner(kind: RunnerKind, at_once: int) -> Runner:
    """Return a runner that works on at most `at_once` units; Prefect's own default has no bound."""
    match kind:
        case "threads":
            return ThreadPoolTaskRunner(max_workers=at_once)
        case "processes":
            return ProcessPoolTaskRunner(max_workers=at_once, initializer=_end_when_told)
        case _:
            assert_never(kind)


def _end_when_told() -> None:
    """Let a process of a pool end in order, with its own server, when its parent stops it.

    Ctrl-C reaches it too, but it is the parent who decides.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End at once where the parent has ended, be it killed: nobody waits for what is done here.

    What is under way is left as it is, which is as safe as a crash.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
