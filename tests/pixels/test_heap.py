"""Threads take memory from one heap, which keeps what blocks of pixels need again and again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

SETTINGS = {"MALLOC_ARENA_MAX", "GLIBC_TUNABLES"}
HEAPS = """
import ctypes, sys, tempfile, threading, xml.etree.ElementTree as xml
{first}
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
waiting = threading.Barrier(5)
def take():
    library.malloc(100_000)
    waiting.wait()
for _ in range(4):
    threading.Thread(target=take).start()
waiting.wait()
library.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(library.fopen(file.name.encode(), b"w"))
    library.malloc_info(0, stream)
    library.fclose(stream)
    print(len(xml.parse(file.name).findall("heap")))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have one heap")
@pytest.mark.parametrize(("first", "is_one"), [("import flows", True), ("", False)])
def test_threads_share_a_heap(first: str, is_one: bool) -> None:
    code = HEAPS.format(first=first)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in SETTINGS},
    )
    assert (int(done.stdout) == 1) is is_one


PAGES = """
import resource
{first}
import numpy as np
def fill():
    blocks = [np.empty(20 * 1024**2, dtype="uint8") for _ in range(4)]
    for block in blocks:
        block.fill(1)
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="set up for glibc only")
@pytest.mark.parametrize(("first", "is_kept"), [("import flows", True), ("", False)])
def test_memory_that_is_needed_again_is_kept(first: str, is_kept: bool) -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", PAGES.format(first=first)],
        check=True,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in SETTINGS},
    )
    # Once more than all pages of 20 MB, where the heap shrinks.
    assert (int(done.stdout) < 20 * 1024**2 // os.sysconf("SC_PAGE_SIZE")) is is_kept
