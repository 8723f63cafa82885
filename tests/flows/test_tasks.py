"""The five tasks under faults: what heals is tried again, what does not fails at once."""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.image import apply_registration_to_image
from tasks import copy_tables, finalize, resolve_reference, write_image, write_labels
from tasks.plan.errors import InvalidInputError, LockHeldError
from tests.flows.conftest import TABLE, registrable_plate
from tests.plates import read_levels
from tests.trees import digest_tree

pytestmark = pytest.mark.usefixtures("prefect_server")

PLACES = {
    "resolve-reference": (resolve_reference, "build_plan"),
    "write-image": (write_image, "write_pyramid"),
    "write-labels": (write_labels, "write_pyramid"),
    "copy-tables": (copy_tables, "write_tables"),
    "finalize": (finalize, "verify_staged"),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What image 1 of such a well is once it was registered without a fault."""
    plate = registrable_plate(tmp_path_factory.mktemp("undisturbed") / "plate.zarr", ("A/01",))
    apply_registration_to_image(str(plate / "A" / "01" / "1"), TABLE)
    return digest_tree(plate / "A" / "01" / "1")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, _ in PLACES.values():
        name = module.__name__.rpartition(".")[2]
        quick = getattr(module, name).with_options(retries=3, retry_delay_seconds=0)
        monkeypatch.setattr(f"flows.image.{name}", quick)


def failing(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, errors: list[Exception]
) -> list[int]:
    """Make a function of a task's module raise each error once, then work; count its calls."""
    calls: list[int] = []
    original: Callable[..., Any] = getattr(module, name)

    @functools.wraps(original)
    def broken(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if errors:
            raise errors.pop(0)
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, broken)
    return calls


@pytest.mark.parametrize("task", PLACES)
def test_what_heals_is_tried_again_and_the_result_is_as_if_nothing_had_been(
    well: Path, task: str, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, str]
) -> None:
    module, name = PLACES[task]
    stale = OSError(errno.ESTALE, "Stale file handle")
    calls = failing(monkeypatch, module, name, [stale, FileNotFoundError("not there yet")])
    apply_registration_to_image(str(well / "1"), TABLE)
    assert len(calls) == 3
    assert digest_tree(well / "1") == undisturbed


WRONG_INPUT = InvalidInputError("the table has no column x")


@pytest.mark.parametrize(
    ("task", "error"),
    [
        # Each task has its own retries; what may heal is one rule for all (`tests/test_retry.py`).
        *(pytest.param(task, WRONG_INPUT, id=f"{task}, wrong input") for task in PLACES),
        pytest.param("write-image", OSError(errno.ENOSPC, "No space left"), id="disk full"),
        pytest.param("copy-tables", KeyError("x_micrometer"), id="missing column"),
    ],
)
def test_what_does_not_heal_fails_at_once_with_its_cause(
    well: Path, task: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name = PLACES[task]
    before = digest_tree(well / "1")
    calls = failing(monkeypatch, module, name, [error])
    with pytest.raises(type(error)) as raised:
        apply_registration_to_image(str(well / "1"), TABLE)
    assert str(raised.value) == str(error)
    assert len(calls) == 1
    assert digest_tree(well / "1") == before


def test_what_does_not_heal_in_time_fails_in_the_end(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [LockHeldError("in use by process 7 on host a") for _ in range(10)]
    calls = failing(monkeypatch, copy_tables, "write_tables", list(held))
    with pytest.raises(LockHeldError, match="process 7"):
        apply_registration_to_image(str(well / "1"), TABLE)
    assert len(calls) == 4


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_fault_after_the_swap_does_not_swap_back(
    well: Path, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = finalize.publish
    errors = [OSError(errno.EIO, "Input/output error")]

    def publish_then_fail(plan: Any) -> tuple[str, ...]:
        left = original(plan)
        if errors:
            raise errors.pop()
        return left

    monkeypatch.setattr(finalize, "publish", publish_then_fail)
    before = read_levels(well / "1")[0]
    result = apply_registration_to_image(str(well / "1"), TABLE, overwrite_input=overwrite)
    output = Path(result.image_list_updates[0].zarr_url)
    assert not np.array_equal(read_levels(output)[0], before)
    assert not list(well.glob(".1*"))
    listed = (well / ".zattrs").read_text(encoding="utf-8")
    assert ("1_registered" in listed) is not overwrite


def test_a_fault_in_the_middle_of_the_swap_never_gives_the_old_image_as_the_new(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The folders were exchanged, then the disk did not take the well's folder.
    errors = [OSError(errno.EIO, "Input/output error")]
    original = finalize.publish.__globals__["put_in_place"]

    def put_then_fail(*arguments: Any) -> None:
        original(*arguments)
        if errors:
            raise errors.pop()

    monkeypatch.setitem(finalize.publish.__globals__, "put_in_place", put_then_fail)
    before = read_levels(well / "1")[0]
    apply_registration_to_image(str(well / "1"), TABLE)
    assert not np.array_equal(read_levels(well / "1")[0], before)
    assert not list(well.glob(".1*"))


def test_a_fault_before_the_swap_keeps_the_original_and_its_cause(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename_then_fail(*_arguments: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    before = digest_tree(well / "1")
    with monkeypatch.context() as broken:
        broken.setitem(finalize.publish.__globals__, "put_in_place", rename_then_fail)
        with pytest.raises(OSError, match="Input/output error"):
            apply_registration_to_image(str(well / "1"), TABLE)
    assert digest_tree(well / "1") == before
    apply_registration_to_image(str(well / "1"), TABLE)
    assert digest_tree(well / "1") != before
    assert not list(well.glob(".1*"))


def test_a_fault_before_the_swap_that_heals_is_tried_again(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = [OSError(errno.ESTALE, "Stale file handle")]
    original = finalize.publish.__globals__["put_in_place"]

    def fail_then_put(*arguments: Any) -> None:
        if errors:
            raise errors.pop()
        original(*arguments)

    monkeypatch.setitem(finalize.publish.__globals__, "put_in_place", fail_then_put)
    before = read_levels(well / "1")[0]
    apply_registration_to_image(str(well / "1"), TABLE)
    assert not np.array_equal(read_levels(well / "1")[0], before)
