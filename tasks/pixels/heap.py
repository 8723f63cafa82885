"""Keep the C library's heap in one piece, so that memory stays near what the pixels need."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""Of mallopt(3), glibc."""


def keep_in_one_piece() -> None:
    """Let all threads of this process take memory from one heap, where the C library can.

    glibc gives each thread a heap of its own, and what one thread frees is of no use to the others:
    with threads that hand blocks of megabytes to each other, half as much again stays with the
    process (measured on the benchmarks' well of five images). A thread takes a few such blocks a
    second; they hardly wait for each other. Heaps that threads have by then stay in use: call it
    before there are any.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
