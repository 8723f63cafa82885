"""Copies of real two-cycle plates; a test that asks for one skips where they are absent."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

VARIABLE = "PLATE_REGISTRATION_TEST_DATA"
BESIDE_REPOSITORY = Path(__file__).parents[3] / "shared" / "data"


def copy_of(name: str, folder: Path) -> Path:
    """Copy a real plate into a folder, writable, and return where the copy is."""
    original = Path(os.environ.get(VARIABLE) or BESIDE_REPOSITORY) / name
    if not original.is_dir():
        pytest.skip(f"no real plate at '{original}'; set {VARIABLE} to the folder that has {name}")
    plate = folder / name
    shutil.copytree(original, plate, copy_function=shutil.copyfile)
    # The originals are kept read-only, and copytree gives folders their original's mode.
    for path in (plate, *(path for path in plate.rglob("*") if path.is_dir())):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return plate
