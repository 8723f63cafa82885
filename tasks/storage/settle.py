"""Wait until zarr has ended every write that it began, so that what it wrote can be removed."""

from __future__ import annotations

import asyncio
import threading

_ONE = threading.Lock()
"""Two that waited at the same time would wait for each other."""


def settle_writes() -> None:
    """Wait for what zarr does in the background, in this process, at this moment.

    zarr writes the files of a group or an array at the same time, reports the first that fails and
    goes on with the others. Each makes the folders that it misses: one that ends late would make
    a removed folder again. Files that others in this process begin meanwhile are not waited for.
    """
    from zarr.core.sync import sync  # noqa: PLC0415 - the doctor needs this module, not zarr

    with _ONE:
        sync(_end_of_others())


async def _end_of_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others)
