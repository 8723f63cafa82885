"""Do something as another person, in a process that is made for it, where this one may."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import pytest

from tests.forks import forks

T = TypeVar("T")

LEA, NOOR, LAB, ELSEWHERE = 61001, 61002, 62001, 62002
"""Two people of one lab, their group, and another group. No machine needs to know them."""


def needs_other_people() -> pytest.MarkDecorator:
    """Skip a test where this process cannot become another person."""
    folders = [Path(sys.prefix), *Path(sys.prefix).resolve().parents]
    is_open = all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)
    return pytest.mark.skipif(
        os.geteuid() != 0 or not is_open,
        reason="only root can act as other people, who must be able to read this Python",
    )


def done_by(person: int, action: Callable[..., T], *args: object) -> T:
    """Return what an action returns, or raise what it raises, done by a person of the lab.

    They have the usual umask, which lets nobody else write.
    """
    here, there = forks.Pipe()
    process = forks.Process(target=_do, args=(there, person, action, args))
    process.start()
    there.close()
    outcome = here.recv()
    process.join()
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _do(
    pipe: Connection, person: int, action: Callable[..., object], args: tuple[object, ...]
) -> None:
    # Python itself may lie where this person cannot read: what it loads late is loaded now.
    "".encode("utf-8-sig")
    with suppress(ImportError):
        import_module("zarrs")
    become(person)
    try:
        pipe.send(action(*args))
    except BaseException as error:  # noqa: BLE001 - for the one who asked
        pipe.send(type(error)(str(error)))


def become(person: int) -> None:
    """Be that person of the lab from now on."""
    os.setgroups([LAB])
    os.setgid(person)
    os.setuid(person)
    os.umask(0o022)


def give_to(person: int, folder: Path, *, folders: int = 0o2775, files: int = 0o664) -> None:
    """Let a folder and all in it be a person's, of the lab's group, with these modes."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, person, LAB)
        path.chmod(folders if path.is_dir() else files)


@contextmanager
def usual_umask() -> Iterator[None]:
    """Let nobody else write what is made meanwhile, as is usual."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def open_to_all(path: Path) -> None:
    """Let everybody through the folders above, which a test has for itself."""
    for parent in path.parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if mode & 0o005 != 0o005:
            parent.chmod(mode | 0o055)
