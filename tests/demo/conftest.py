"""One demo plate for all tests of its content: written once, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.demo.plate import write_plate


@pytest.fixture(scope="session")
def demo_plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plate = tmp_path_factory.mktemp("demo") / "demo-plate.zarr"
    write_plate(plate)
    return plate
