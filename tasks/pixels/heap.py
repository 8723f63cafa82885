"""Keep the C library's heap in one piece, and its memory in the process, while pixels move."""

from __future__ import annotations

import ctypes

# Of mallopt(3), glibc.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

KEPT_BYTES = 256 * 1024**2
"""Free memory that a process may keep at the end of its heap."""
_LARGEST_IN_HEAP = 32 * 1024**2
"""Larger blocks the system gives and takes back one by one; glibc allows no higher limit."""


def set_up_heap() -> None:
    """Let all threads of this process take memory from one heap that does not shrink at once.

    glibc gives each thread a heap of its own, and what one thread frees is of no use to the others:
    with threads that hand blocks of megabytes to each other, half as much again stays with the
    process (measured on the benchmarks' well of five images). A thread takes a few such blocks a
    second; they hardly wait for each other. Heaps that threads have by then stay in use: call it
    before there are any.

    A heap that shrinks whenever a block at its end is freed must get the same pages anew for the
    next one, zeroed: a tenth of the time of an image, for memory that its peak needs again anyway.
    Does nothing where the C library is another.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        # The first alone would also fix the second, at a value that makes it worse.
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_IN_HEAP)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
