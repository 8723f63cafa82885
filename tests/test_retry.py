"""What heals by itself is tried again; what does not, fails at once."""

from __future__ import annotations

import errno
import inspect

import httpx
import pytest
from prefect.states import Completed, Failed

from tasks.plan.errors import InvalidInputError, LockHeldError, VerificationError
from tasks.retry import can_heal, heals, server_was_busy


def raised_from(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


HEALING = {
    "a file that the file server does not show yet": OSError(errno.ENOENT, "gone"),
    "the same, as libraries raise it by hand": FileNotFoundError("no such array"),
    "a network handle of a restarted file server": OSError(errno.ESTALE, "stale"),
    "a hiccup of a disk on the network": OSError(errno.EIO, "input/output"),
    "asked to come back": OSError(errno.EAGAIN, "again"),
    "something in use": OSError(errno.EBUSY, "busy"),
    "too many open files at this moment": OSError(errno.EMFILE, "too many"),
    "a connection that was reset": ConnectionResetError(errno.ECONNRESET, "reset"),
    "an answer that did not come": TimeoutError("slow"),
    "another run owns it": LockHeldError("held by process 7 on host a"),
    "a library that hides a file that is not there yet": raised_from(
        RuntimeError("cannot open"), FileNotFoundError("0/.zarray")
    ),
}

PERMANENT = {
    "wrong input": InvalidInputError("no table"),
    "wrong input, found by looking for a file": raised_from(
        InvalidInputError("no table"), FileNotFoundError("tables/x")
    ),
    "a staged image that is wrong": VerificationError("level 1 differs"),
    "a full disk": OSError(errno.ENOSPC, "no space"),
    "a used-up quota": OSError(errno.EDQUOT, "quota"),
    "a read-only file system": OSError(errno.EROFS, "read-only"),
    "no permission": PermissionError(errno.EACCES, "denied"),
    "an error of the file system without a number": OSError("unknown"),
    "a missing column": KeyError("x_micrometer"),
    "a wrong value": ValueError("negative length"),
    "a wrong type": TypeError("not a table"),
    "a library that hides a full disk": raised_from(
        RuntimeError("cannot write"), OSError(errno.ENOSPC, "no space")
    ),
}


@pytest.mark.parametrize("error", HEALING.values(), ids=HEALING.keys())
def test_what_heals_is_tried_again(error: Exception) -> None:
    assert heals(error)
    assert can_heal(None, None, Failed(data=error))


@pytest.mark.parametrize("error", PERMANENT.values(), ids=PERMANENT.keys())
def test_what_does_not_heal_fails_at_once(error: Exception) -> None:
    assert not heals(error)
    assert not can_heal(None, None, Failed(data=error))


def test_a_result_is_not_an_error() -> None:
    assert not can_heal(None, None, Completed(data=1))


@pytest.mark.parametrize("condition", [can_heal, server_was_busy])
def test_prefect_calls_plain_functions_only(condition: object) -> None:
    assert inspect.isfunction(condition)


def test_only_the_server_is_a_reason_to_repeat_a_whole_image() -> None:
    assert server_was_busy(None, None, Failed(data=httpx.ConnectError("refused")))
    assert not server_was_busy(None, None, Failed(data=FileNotFoundError("gone")))
