"""Copies of real two-cycle plates; a test that asks for one skips where they are absent."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

VARIABLE = "PLATE_REGISTRATION_TEST_DATA"
BESIDE_REPOSITORY = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[str], Path]:
    """Give a function that copies a real plate by name and returns where the copy is."""

    def copy(name: str) -> Path:
        original = Path(os.environ.get(VARIABLE) or BESIDE_REPOSITORY) / name
        if not original.is_dir():
            pytest.skip(f"no real plate at '{original}'; set {VARIABLE} to the folder of {name}")
        plate = tmp_path / name
        shutil.copytree(original, plate, copy_function=shutil.copyfile)
        # The originals are kept read-only, and copytree gives folders their original's mode.
        for folder in (plate, *(path for path in plate.rglob("*") if path.is_dir())):
            folder.chmod(folder.stat().st_mode | stat.S_IWUSR)
        return plate

    return copy
