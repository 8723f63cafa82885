"""What is installed: bounded dependencies, the command, and nothing that only this machine has."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = PYPROJECT["project"]["dependencies"]


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_every_dependency_has_a_lower_and_an_upper_bound(dependency: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+>=[\d.]+,<[\d.]+", dependency)


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="plate-registration")
    assert command.value == "flows.command.entry:main"


def test_everything_that_is_imported_is_in_the_wheel() -> None:
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    folders = {path.parent.relative_to(PROJECT).parts[0] for path in PROJECT.glob("*/__init__.py")}
    assert folders - {"tests"} == set(packages)
    assert all(
        (folder / "__init__.py").is_file()
        for package in packages
        for folder in [PROJECT / package, *(PROJECT / package).iterdir()]
        if folder.is_dir() and any(folder.glob("*.py"))
    )
