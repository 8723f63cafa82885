"""One Prefect test server for all processes that share the tests: each takes seconds to start.

Tests of different processes run at the same time on it: what a test asks for there, it asks for by
its own run, or by the name of a plate that no other file has.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock
from prefect.context import _temporary_global_settings_context, get_settings_context
from prefect.settings import PREFECT_API_URL, temporary_settings


@contextmanager
def server_shared_in(folder: Path) -> Iterator[None]:
    """Start the server whose address is kept in a folder, or use the one that is there.

    Who has started it ends it, once nobody uses it any more; who is killed uses it no more.
    """
    address = folder / "prefect-server.url"
    with (folder / "prefect-server.users").open("w") as users, ExitStack() as server:
        with FileLock(folder / "prefect-server.lock", timeout=600):
            fcntl.flock(users, fcntl.LOCK_SH)
            is_mine = not address.exists()
            if is_mine:
                # It loads all of Prefect's server, which the other processes need not wait for.
                from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415

                server.enter_context(prefect_test_harness(server_startup_timeout=120))
                address.write_text(PREFECT_API_URL.value(), encoding="utf-8")
            else:
                url = address.read_text(encoding="utf-8")
                server.enter_context(temporary_settings({PREFECT_API_URL: url}))
                # As the harness does, for threads that begin without the settings of this one.
                settings = _temporary_global_settings_context(get_settings_context())
                server.enter_context(settings)
        yield
        if is_mine:
            fcntl.flock(users, fcntl.LOCK_EX)
            address.unlink()
