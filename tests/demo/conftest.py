"""One demo plate for all tests of its content: written once, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from tasks.demo.plate import write_plate
from tests.shared_folder import shared_folder


@pytest.fixture(scope="session")
def demo_plate(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    folder = shared_folder(tmp_path_factory, worker_id)
    plate, written = folder / "demo-plate.zarr", folder / "demo-plate.written"
    with FileLock(folder / "demo-plate.lock", timeout=600):
        if not written.exists():
            write_plate(plate)
            written.touch()
    return plate
