"""Break the file system at its N-th call: kill the process there, raise an error, tear a write.

Python announces most calls to an audit hook before it makes them (open, rename, remove, mkdir,
rmdir, scandir); flushing, writing, asking for a file's state and renameat2 are wrapped. Only calls
below one folder count. Everything is off until `broken_at` is entered.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from tasks.storage import exchange, parallel
from tests.storage.breakable_files import opening_breakable

FaultKind = Literal["error", "torn", "errors from then on", "error after the call", "kill", "count"]
"""`torn`: half of what should be written is, then there is an error. A kill tears a write too."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PATHS = {
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.truncate": ((0, 0),),
    "os.chmod": ((0, 2),),
}
"""Where a call's announcement has its paths, and the open folders that these start from."""
_READING = frozenset({"read", "os.scandir", "stat"})


@dataclass
class Fault:
    """What happens at the N-th call below a folder."""

    below: Path
    number: int
    kind: FaultKind
    errno: int = 0
    reading: bool = False
    """Whether calls that change nothing count too."""
    calls: list[str] = field(default_factory=list)
    """What was called so far, to see that nothing is forgotten."""
    paused: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_armed: list[Fault] = []
_installed: list[bool] = []


@contextmanager
def broken_at(fault: Fault) -> Iterator[Fault]:
    """Arm a fault; the file layer runs in one thread meanwhile, so that calls have an order."""
    if not _installed:
        sys.addaudithook(_audit)
        _installed.append(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "WORKERS", 1)
        patch.setattr(os, "fsync", _wrapped(_without_a_disk, "fsync"))
        patch.setattr(os, "write", _wrapped(os.write, "write"))
        patch.setattr(os, "sendfile", _sending(os.sendfile))
        for name in ("stat", "lstat"):
            patch.setattr(os, name, _asking(getattr(os, name)))
        for module in (builtins, io):
            # Two names of one function: pathlib uses the one, shutil the other.
            patch.setattr(module, "open", opening_breakable(io.open, _reach))
        patch.setattr(exchange, "_renameat2", _exchange_wrapped(exchange._renameat2))
        for name in ("rename", "replace", "link", "unlink", "mkdir", "rmdir"):
            patch.setattr(os, name, _late(getattr(os, name), name))
        _armed.append(fault)
        try:
            yield fault
        finally:
            _armed.pop()


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a test's own file calls pass."""
    if not _armed:
        yield
        return
    _armed[-1].paused = True
    try:
        yield
    finally:
        _armed[-1].paused = False


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _armed:
        return
    if event == "open":
        path, _, flags = args
        name = "open" if isinstance(flags, int) and flags & _WRITING else "read"
        _reach(name, [path])
    elif event == "os.scandir":
        _reach(event, [_in_folder("", args[0]) if isinstance(args[0], int) else args[0]])
    elif event in _PATHS:
        _reach(event, [_in_folder(args[path], args[folder]) for path, folder in _PATHS[event]])


def _reach(name: str, paths: list[Any], *, torn: Callable[[], object] | None = None) -> None:
    """Count one call and break it if it is the one."""
    if not _armed:
        return
    fault = _armed[-1]
    if fault.paused or (name in _READING and not fault.reading):
        return
    if not any(_is_below(path, fault.below) for path in paths):
        return
    with fault.lock:
        fault.calls.append(f"{name} {' '.join(str(path) for path in paths)}")
        number = len(fault.calls)
    if fault.kind == "kill" and number == fault.number:
        if torn is not None:
            torn()
        os.kill(os.getpid(), signal.SIGKILL)
    if fault.kind == "torn" and number == fault.number and torn is not None:
        torn()
    now = number == fault.number and fault.kind in {"error", "torn"}
    if now or (number >= fault.number and fault.kind == "errors from then on"):
        raise OSError(fault.errno, os.strerror(fault.errno), str(paths[0]))


def _in_folder(path: Any, folder: Any) -> Any:
    """Return where a path leads that may start from an open folder, as `shutil.rmtree` uses it."""
    if isinstance(folder, int) and folder >= 0 and isinstance(path, str):
        return f"{_path_of(folder)}/{path}"
    return path


def _is_below(path: Any, folder: Path) -> bool:
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return isinstance(path, str | os.PathLike) and Path(path).is_relative_to(folder)


def _path_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def _wrapped(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    def broken(descriptor: int, *args: Any) -> Any:
        torn = None
        if name == "write":
            content = args[0]
            torn = lambda: call(descriptor, content[: len(content) // 2])  # noqa: E731
        _reach(name, [_path_of(descriptor)], torn=torn)
        return call(descriptor, *args)

    return broken


def _sending(call: Callable[..., int]) -> Callable[..., int]:
    def broken(out: int, content: int, offset: int, count: int) -> int:
        left = os.fstat(content).st_size - offset
        if left > 0:
            torn = lambda: call(out, content, offset, left // 2)  # noqa: E731
            _reach("write", [_path_of(out)], torn=torn)
        return call(out, content, offset, count)

    return broken


def _asking(call: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
    def broken(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        _reach("stat", [path])
        return call(path, *args, **kwargs)

    return broken


def _without_a_disk(descriptor: int) -> None:
    """Flush nothing: a killed process loses nothing that it has written, and disks are slow."""


def _exchange_wrapped(call: Callable[[bytes, bytes], int]) -> Callable[[bytes, bytes], int]:
    def broken(first: bytes, second: bytes) -> int:
        try:
            _reach("renameat2", [first, second])
        except OSError as error:
            return error.errno or 0
        return call(first, second)

    return broken


def _late(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Do the call, then report an error, as a network file system does that lost the answer."""

    def broken(*args: Any, **kwargs: Any) -> Any:
        done = call(*args, **kwargs)
        fault = _armed[-1] if _armed else None
        if (
            fault is not None
            and fault.kind == "error after the call"
            and len(fault.calls) == fault.number
            and not fault.paused
            and str(args[0]) in fault.calls[-1]
        ):
            fault.calls.append(f"late {name}")
            raise OSError(fault.errno, os.strerror(fault.errno), str(args[0]))
        return done

    return broken
