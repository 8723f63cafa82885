"""An image of a plate under faults: one task does all its steps, and all again where that heals."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.plate import apply_registration_to_plate
from flows.results.failures import ImagesFailedError
from flows.well import register_image_of_plate
from tasks import copy_tables, finalize, resolve_reference, write_image, write_labels
from tasks.plan.errors import InvalidInputError, LockHeldError
from tests.flows.conftest import TABLE, registrable_plate
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

PLACES = {
    "resolve-reference": (resolve_reference, "build_plan"),
    "write-image": (write_image, "write_pyramid"),
    "write-labels": (write_labels, "write_pyramid"),
    "copy-tables": (copy_tables, "write_tables"),
    "finalize": (finalize, "verify_staged"),
}


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return registrable_plate(tmp_path / "plate.zarr", wells=("A/01",))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What such a plate's well is once it was registered without a fault."""
    plate = registrable_plate(tmp_path_factory.mktemp("undisturbed") / "plate.zarr", ("A/01",))
    apply_registration_to_plate(str(plate), TABLE)
    return digest_tree(plate / "A" / "01")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = register_image_of_plate.with_options(retries=3, retry_delay_seconds=0)
    monkeypatch.setattr("flows.plate.register_image_of_plate", quick)


def failing(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, errors: list[Exception]
) -> list[int]:
    """Make a function of a task's module raise each error once, then work; count its calls."""
    calls: list[int] = []
    original: Callable[..., Any] = getattr(module, name)

    def broken(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if errors:
            raise errors.pop(0)
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, broken)
    return calls


@pytest.mark.parametrize("step", PLACES)
def test_what_heals_is_tried_again_and_the_result_is_as_if_nothing_had_been(
    plate: Path, step: str, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, str]
) -> None:
    module, name = PLACES[step]
    errors = [OSError(errno.ESTALE, "Stale file handle"), LockHeldError("in use by process 7")]
    failing(monkeypatch, module, name, errors)
    result = apply_registration_to_plate(str(plate), TABLE)
    assert errors == []
    assert [report.outcome for report in result.reports] == ["registered"] * 3
    assert digest_tree(plate / "A" / "01") == undisturbed


def test_what_does_not_heal_fails_at_once_with_its_cause(
    plate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [plate / "A" / "01" / name for name in "012"]
    before = [digest_tree(image) for image in images]
    wrong: list[Exception] = [InvalidInputError("the table has no column x") for _ in range(9)]
    calls = failing(monkeypatch, copy_tables, "write_tables", wrong)
    with pytest.raises(ImagesFailedError, match=r"image '1': the table has no column x.*'2'"):
        apply_registration_to_plate(str(plate), TABLE)
    assert len(calls) == 2
    assert [digest_tree(image) for image in images] == before


def test_a_fault_after_the_swap_is_finished_by_the_next_attempt(
    plate: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, str]
) -> None:
    original = finalize.publish
    errors = [OSError(errno.EIO, "Input/output error")]

    def publish_then_fail(plan: Any) -> None:
        original(plan)
        if errors:
            raise errors.pop()

    monkeypatch.setattr(finalize, "publish", publish_then_fail)
    result = apply_registration_to_plate(str(plate), TABLE)
    # The second attempt finds it in its place.
    outcomes = sorted(report.outcome for report in result.reports)
    assert outcomes == ["registered", "registered", "skipped"]
    assert digest_tree(plate / "A" / "01") == undisturbed


def test_processes_give_what_threads_give(plate: Path, undisturbed: dict[str, str]) -> None:
    # One process does it as well as many, each of which has to load all code.
    result = apply_registration_to_plate(
        str(plate), TABLE, task_runner="processes", parallel_images=1
    )
    assert [report.outcome for report in result.reports] == ["registered"] * 3
    assert digest_tree(plate / "A" / "01") == undisturbed
