"""The folder that all processes have which share the tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory, worker: str) -> Path:
    """Return it, for the process that `pytest-xdist` names so."""
    folder = factory.getbasetemp()
    return folder if worker == "master" else folder.parent
