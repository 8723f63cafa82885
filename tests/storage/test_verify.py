"""A staged image with any one thing wrong does not get published."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

from tasks.plan.errors import VerificationError
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage import verify
from tasks.storage.hidden import MARK, hidden_folders
from tasks.storage.verify import verify_staged
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.storage.steps import stage
from tests.trees import digest_tree


@pytest.fixture
def staged(well: Path, tmp_path: Path) -> tuple[RegistrationPlan, Path]:
    """Return a plan and its complete staged image."""
    copy = shutil.copytree(well.parent.parent, tmp_path / "finished.zarr")
    finished = register(copy / "A" / "01" / "1").output_path
    plan = make_plan(well)
    return plan, stage(plan, finished)


def edit_json(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def metadata_file(node: Path, array: bool = False) -> Path:
    if (node / "zarr.json").exists():
        return node / "zarr.json"
    return node / (".zarray" if array else ".zattrs")


def attributes_of(content: dict[str, object]) -> dict[str, object]:
    attributes = content.get("attributes", content)
    assert isinstance(attributes, dict)
    return attributes


def set_pixel(staged: Path, array: str) -> None:
    opened = zarr.open_array(staged / array, mode="r+")
    opened[1, 1] = opened[1, 1] + np.array(1, dtype=opened.dtype)


def truncate_chunks(staged: Path, array: str) -> None:
    metadata = {".zarray", ".zattrs", "zarr.json"}
    for path in (staged / array).rglob("*"):
        if path.is_file() and path.name not in metadata:
            path.write_bytes(path.read_bytes()[:5])


def unlist_table(staged: Path) -> None:
    edit_json(
        metadata_file(staged / "tables"), lambda c: attributes_of(c)["tables"].remove("features")
    )


def drop_row(staged: Path) -> None:
    path = staged / "tables" / "features" / "table.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def lose_chunks(staged: Path, array: str) -> None:
    metadata = {".zarray", ".zattrs", "zarr.json"}
    for path in (staged / array).rglob("*"):
        if path.is_file() and path.name not in metadata:
            path.unlink()


def keep_level_of_source(staged: Path, array: str) -> None:
    """Put the source's level in place of the staged one, as a writer would that forgot it."""
    name = staged.name.removeprefix(".").removesuffix(f"{MARK}staging")
    shutil.rmtree(staged / array)
    shutil.copytree(staged.parent / name / array, staged / array)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pixel": (lambda s: set_pixel(s, "0"), "array 0: pixels"),
    "a label's pixel": (lambda s: set_pixel(s, "labels/nuclei/0"), "array labels/nuclei/0: pixels"),
    "a torn chunk": (lambda s: truncate_chunks(s, "0"), "cannot be read"),
    "a torn chunk of a coarse level": (lambda s: truncate_chunks(s, "1"), "cannot be read"),
    "a lost chunk of a coarse level": (
        lambda s: lose_chunks(s, "1"),
        "array 1: pixels from (0, 0) to (8, 16) are not what array 0 reduces to",
    ),
    "a lost chunk of a label's coarse level": (
        lambda s: lose_chunks(s, "labels/nuclei/1"),
        "array labels/nuclei/1: pixels",
    ),
    "a coarse level that did not move": (lambda s: keep_level_of_source(s, "1"), "array 1: pixels"),
    "a missing level": (lambda s: shutil.rmtree(s / "1"), "cannot be read"),
    "another fill value": (
        lambda s: edit_json(metadata_file(s / "1", array=True), lambda c: c.update(fill_value=7)),
        "array 1: ",
    ),
    "another shape": (
        lambda s: edit_json(metadata_file(s / "1", array=True), lambda c: c.update(shape=[8, 8])),
        "array 1: shape is (8, 8), planned is (8, 16)",
    ),
    "a missing attribute": (
        lambda s: edit_json(metadata_file(s), lambda c: attributes_of(c).pop("custom")),
        "attribute custom",
    ),
    "no provenance": (
        lambda s: edit_json(metadata_file(s), lambda c: attributes_of(c).pop("plate_registration")),
        "attribute plate_registration is missing",
    ),
    "a missing extra file": (
        lambda s: (s / "OME" / "METADATA.ome.xml").unlink(),
        "file OME/METADATA.ome.xml: missing",
    ),
    "a missing extra group": (lambda s: shutil.rmtree(s / "derived"), "file derived/"),
    "an added file": (lambda s: (s / "derived" / "x").write_text("x"), "file derived/x: 1 bytes"),
    "a missing label": (lambda s: shutil.rmtree(s / "labels" / "nuclei"), "labels/nuclei"),
    "an unlisted table": (unlist_table, "the tables listed are"),
    "a missing table": (lambda s: shutil.rmtree(s / "tables" / "features"), "cannot be read"),
    "a lost row": (drop_row, "table features: has 2 rows, planned are 3"),
}


def test_a_right_image_passes(staged: tuple[RegistrationPlan, Path]) -> None:
    plan, folder = staged
    before = digest_tree(folder)
    verify_staged(plan)
    assert digest_tree(folder) == before


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_image_is_set_aside_with_the_reason(
    staged: tuple[RegistrationPlan, Path], wrong: str
) -> None:
    plan, folder = staged
    original = digest_tree(plan.image_path)
    spoil, reason = WRONG[wrong]
    spoil(folder)
    with pytest.raises(VerificationError) as caught:
        verify_staged(plan)
    rejected = hidden_folders(plan.image_path.parent, "1").rejected
    assert reason in str(caught.value)
    assert str(rejected) in str(caught.value)
    assert reason in (rejected / "reason.txt").read_text()
    assert not folder.exists()
    assert digest_tree(plan.image_path) == original


@pytest.mark.parametrize("is_full", [False, True])
def test_what_is_looked_at_shares_no_file_with_the_original(
    staged: tuple[RegistrationPlan, Path], is_full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, folder = staged
    extra = "OME/METADATA.ome.xml"
    (folder / extra).unlink()
    (folder / extra).hardlink_to(plan.image_path / extra)
    shutil.rmtree(folder / "1")
    if is_full:

        def full(_: Path, target: Path) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

        monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(VerificationError):
        verify_staged(plan)
    rejected = hidden_folders(plan.image_path.parent, "1").rejected
    assert (rejected / extra).samefile(plan.image_path / extra) is is_full
    assert ("Write nothing to it" in (rejected / "reason.txt").read_text()) is is_full


def test_a_second_rejection_replaces_the_first(staged: tuple[RegistrationPlan, Path]) -> None:
    plan, folder = staged
    rejected = hidden_folders(plan.image_path.parent, "1").rejected
    rejected.mkdir()
    (rejected / "old").write_text("old")
    shutil.rmtree(folder / "1")
    with pytest.raises(VerificationError):
        verify_staged(plan)
    assert not (rejected / "old").exists()


def test_a_stale_handle_rejects_nothing(
    staged: tuple[RegistrationPlan, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, folder = staged

    def stale(*_: object) -> list[str]:
        raise OSError(errno.ESTALE, "Stale file handle", "somewhere")

    monkeypatch.setattr(verify, "table_differences", stale)
    with pytest.raises(OSError, match="Stale"):
        verify_staged(plan)
    assert folder.is_dir()


def test_unshifted_labels_are_compared_file_by_file(well: Path) -> None:
    plan = make_plan(well, register_labels=False)
    folder = stage(plan, plan.image_path)
    truncate_chunks(folder, "labels/nuclei/1")
    with pytest.raises(VerificationError, match="file labels/nuclei/1/"):
        verify_staged(plan)


def test_without_a_staged_image(plan: RegistrationPlan) -> None:
    with pytest.raises(VerificationError, match="no staged image"):
        verify_staged(plan)
