"""A very small well whose image is registered by a whole run, broken at one file-system call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zarr

from tests.plate_tables import add_masking_table, write_regions
from tests.plates import NgffVersion, make_plate
from tests.runs import TABLE, Run, run_image
from tests.storage.faults import Fault, broken_at
from tests.storage.steps import swapping_by

IMAGE = "1"


def run_broken(run: Run, fault: Fault) -> None:
    """Register an image with a fault below the folder that holds the plate.

    Its calls come one after the other, in the same order each time: zarr, too, uses one thread.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        zarr.config.set({"async.concurrency": 1}),
        swapping_by(run.swap),
        broken_at(fault),
    ):
        patch.setattr(asyncio, "to_thread", _in_this_thread)
        run_image(run._replace(workers=1))


async def _in_this_thread(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return call(*args, **kwargs)


def die(run: Run, number: int) -> None:
    """Register an image until the N-th call that changes something, and be killed there."""
    run_broken(run, Fault(run.path.parents[3], number, "kill"))


def make_tiny_well(path: Path, version: NgffVersion) -> None:
    """Write two images of two levels, with a label, extras and a table of each way to move rows.

    In NGFF 0.4 chunks are plain files, in 0.5 they lie in shards, which only zarr writes. One
    region moves, one stays.
    """
    make_plate(
        path,
        axes="yx",
        shape=(16, 32),
        chunks=(8, 16),
        shards=None if version == "0.4" else (16, 16),
        levels=2,
        pixel_size=1.0,
        ngff_version=version,
    )
    for name, start in (("0", 0.0), ("1", 4.0)):
        image = path / "A" / "01" / name
        moved, still = {"y": (0.0, 8.0), "x": (start, 20.0)}, {"y": (8.0, 8.0)}
        write_regions(image, TABLE, {"FOV_1": moved, "FOV_2": still})
        backend = "parquet" if version == "0.4" else "anndata"
        add_masking_table(image, "masks", "nuclei", {1: {"x": (5.0, 4.0)}}, backend=backend)
