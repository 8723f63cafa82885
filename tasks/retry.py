"""Which errors heal by themselves: only these are worth trying again.

Prefect asks `can_heal` before every retry. A file that is not there yet, a stale network handle or
a lock that another run holds may be fine in a moment; a wrong table or a full disk will not be.
"""

from __future__ import annotations

import errno
from typing import Any

import httpx  # Prefect's client raises its errors
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from tasks.plan.errors import LockHeldError, RegistrationError

_HEALING = frozenset(
    {
        # A file server that lags behind, or was restarted.
        errno.ENOENT,
        errno.ESTALE,
        errno.EIO,
        errno.EREMOTEIO,
        errno.ENOTCONN,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ETIMEDOUT,
        # Something is in use, or used up, for a moment.
        errno.EAGAIN,
        errno.EBUSY,
        errno.EINTR,
        errno.ENOLCK,
        errno.EMFILE,
        errno.ENFILE,
    }
)


def heals(error: BaseException) -> bool:
    """Whether an error can go away without anybody changing anything.

    Our own errors say it by their type. An error of a library counts as what it was raised from.
    """
    if isinstance(error, LockHeldError):
        return True
    if isinstance(error, RegistrationError):
        return False
    if isinstance(error, TimeoutError | FileNotFoundError):
        return True
    if isinstance(error, OSError):
        return error.errno in _HEALING
    return error.__cause__ is not None and heals(error.__cause__)


# Prefect calls the condition only when it is a plain function with these three parameters.
def can_heal(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Whether a failed task run is worth a retry; see `heals`."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, BaseException) and heals(error)


def server_was_busy(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Whether a failed task run is worth a retry because Prefect's server did not answer.

    For the tasks around flows of images and around wells: the tasks in these have retried what
    heals already.
    """
    return isinstance(state.result(raise_on_failure=False), httpx.HTTPError)


def can_heal_or_server_was_busy(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed task run is worth a retry; for a task that does all steps of an image."""
    return can_heal(task, task_run, state) or server_was_busy(task, task_run, state)
