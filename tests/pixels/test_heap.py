"""Threads take memory from one heap."""

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
