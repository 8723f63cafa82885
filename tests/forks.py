"""Processes to be killed, forked from a server that has imported all that any of them needs.

There is one such server for all tests of a process, and what the first of them lets it import is
all that it imports: each asking for its own, the others would import ngio anew for every kill.
"""

from __future__ import annotations

import multiprocessing

forks = multiprocessing.get_context("forkserver")
"""Where to start such processes: they begin within milliseconds."""
forks.set_forkserver_preload(
    ["tests.storage.broken_runs", "tests.storage.test_swap_table", "tests.report.stuck"]
)
