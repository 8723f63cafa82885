"""What holds for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

LONGEST = (
    "deployments/test_server_and_worker.py",
    "test_registration_oracle.py",
    "flows/test_register.py",
    "flows/test_well.py",
    "storage/test_faults.py",
    "flows/test_stopping.py",
    "estimate/test_foreign_wells.py",
    "flows/test_command_server.py",
)
"""Files that take a minute or more: begun last, one would keep the others waiting at the end."""

# Containers often tell Python to keep nothing that it compiles. Each of the many processes that
# tests start would compile Prefect and ngio anew, which takes as long as all else that it does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Machines are noisy: no test is judged by the clock.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; all else stays in order."""
    place = {name: number for number, name in enumerate(LONGEST)}
    root = Path(__file__).parent
    items.sort(key=lambda item: place.get(item.path.relative_to(root).as_posix(), len(place)))
