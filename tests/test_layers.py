"""Imports run one way, and Prefect stays where the orchestration is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

WORK = {
    f"tasks.{name}"
    for name in (
        "plan",
        "pixels",
        "storage",
        "survey",
        "tables",
        "demo",
        "estimate",
        "movement",
        "doctor",
        "quality",
        "report",
        "watch",
    )
}

ALLOWED = {
    "flows": {"flows", *WORK, "tasks"},
    "tasks": {
        "tasks",
        "tasks.plan",
        "tasks.pixels",
        "tasks.storage",
        "tasks.survey",
        "tasks.tables",
        "tasks.estimate",
        "tasks.movement",
        "tasks.quality",
        "tasks.report",
    },
    "tasks.plan": {"tasks.plan"},
    "tasks.pixels": {"tasks.pixels", "tasks.plan"},
    "tasks.storage": {"tasks.storage", "tasks.plan"},
    "tasks.survey": {"tasks.survey", "tasks.plan", "tasks.storage"},
    "tasks.tables": {"tasks.tables", "tasks.plan", "tasks.storage", "tasks.survey"},
    "tasks.movement": {"tasks.movement", "tasks.plan"},
    "tasks.estimate": {
        "tasks.estimate",
        "tasks.movement",
        "tasks.pixels",
        "tasks.plan",
        "tasks.storage",
        "tasks.survey",
        "tasks.tables",
    },
    "tasks.doctor": {
        "tasks.doctor",
        "tasks.plan",
        "tasks.storage",
        "tasks.survey",
        "tasks.tables",
    },
    "tasks.quality": {
        "tasks.quality",
        "tasks.pixels",
        "tasks.plan",
        "tasks.storage",
        "tasks.survey",
    },
    "tasks.report": {
        "tasks.report",
        "tasks.quality",
        "tasks.plan",
        "tasks.storage",
        "tasks.survey",
    },
    "tasks.watch": {
        "tasks.watch",
        "tasks.estimate",
        "tasks.plan",
        "tasks.storage",
        "tasks.survey",
    },
    "tasks.demo": {"tasks.demo", "tasks.plan", "tasks.storage", "tasks.survey", "tasks.tables"},
}
"""Layer: the layers it may import. `tasks` is the modules directly in that folder."""

PREFECT = {"flows", "tasks"}
"""Layers that may import Prefect, or anything that comes with it."""

MODULES = sorted(
    path.relative_to(PROJECT)
    for folder in ("flows", "tasks")
    for path in (PROJECT / folder).rglob("*.py")
)


def layer_of(module: str) -> str:
    """Return `tasks.plan` for `tasks.plan.window`, `tasks` for `tasks.retry`."""
    package = ".".join(module.split(".")[:2])
    return package if package in ALLOWED else module.split(".", maxsplit=1)[0]


def imported_by(source: str) -> set[str]:
    """Return the absolute names of all modules that the source imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_run_one_way(path: Path) -> None:
    module = ".".join(path.with_suffix("").parts)
    imported = imported_by((PROJECT / path).read_text(encoding="utf-8"))
    ours = {layer_of(name) for name in imported if name.split(".")[0] in {"flows", "tasks"}}
    # `from tasks.plan import window` names the layer twice; the folder itself is no layer.
    assert ours - ALLOWED[layer_of(module)] == set()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_work_knows_nothing_of_prefect(path: Path) -> None:
    module = ".".join(path.with_suffix("").parts)
    imported = {
        name.split(".")[0] for name in imported_by((PROJECT / path).read_text(encoding="utf-8"))
    }
    if layer_of(module) not in PREFECT:
        assert imported & {"prefect", "httpx", "fastapi", "sqlalchemy"} == set()


def test_a_wrong_import_is_seen() -> None:
    assert imported_by("def f():\n    from prefect import task") == {"prefect", "prefect.task"}
    assert layer_of("tasks.storage.swap") == "tasks.storage"
    assert layer_of("tasks.retry") == "tasks"
    assert layer_of("flows.image") == "flows"
