"""What a killed run left is finished or undone, and told; a live run is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import zarr

from tasks.plan.errors import InvalidInputError
from tasks.storage.hidden import HiddenFolders, hidden_folders
from tasks.storage.locks import own_image
from tasks.storage.recover import recover_image, recover_well, require_image
from tasks.storage.well_entries import read_images
from tests.registration import register
from tests.storage.conftest import make_plan
from tests.storage.steps import leftovers, stage
from tests.storage.test_well_entries import change_metadata
from tests.trees import digest_tree


@pytest.fixture
def hidden(well: Path) -> HiddenFolders:
    return hidden_folders(well, "1")


def test_a_whole_well_needs_nothing(well: Path) -> None:
    before = digest_tree(well)
    assert recover_well(well) == ()
    assert recover_image(well, "1") == ()
    assert digest_tree(well) == before


def test_a_folder_that_is_no_well_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".1.plate-registration.staging").mkdir()
    assert recover_well(tmp_path) == ()
    assert recover_well(tmp_path / "missing") == ()
    assert leftovers(tmp_path) == [".1.plate-registration.staging"]


@pytest.mark.parametrize("kind", ["staging", "verified", "replaced"])
def test_leftovers_beside_an_image_are_removed(
    well: Path, hidden: HiddenFolders, kind: str
) -> None:
    image = digest_tree(well / "1")
    shutil.copytree(well / "0", getattr(hidden, kind))
    (message,) = recover_image(well, "1")
    assert str(well / "1") in message
    assert f".1.plate-registration.{kind}" in message
    assert leftovers(well) == []
    assert digest_tree(well / "1") == image


def test_a_swap_in_the_gap_is_finished(well: Path, hidden: HiddenFolders) -> None:
    new = digest_tree(well / "0")
    (well / "1").rename(hidden.replaced)
    shutil.copytree(well / "0", hidden.verified)
    assert "finished the swap" in recover_image(well, "1")[0]
    assert digest_tree(well / "1") == new
    assert leftovers(well) == []


def test_without_a_verified_image_the_old_one_is_put_back(
    well: Path, hidden: HiddenFolders
) -> None:
    old = digest_tree(well / "1")
    (well / "1").rename(hidden.replaced)
    hidden.staging.mkdir()
    assert "put the old one back" in recover_image(well, "1")[0]
    assert digest_tree(well / "1") == old
    assert leftovers(well) == []


@pytest.mark.parametrize("with_verified", [True, False])
def test_an_empty_group_made_in_the_gap_does_not_count_as_the_image(
    well: Path, hidden: HiddenFolders, with_verified: bool
) -> None:
    new = digest_tree(well / "0" if with_verified else well / "1")
    (well / "1").rename(hidden.replaced)
    if with_verified:
        shutil.copytree(well / "0", hidden.verified)
    zarr.open_group(well / "1", mode="a", zarr_format=3)
    assert recover_image(well, "1")
    assert digest_tree(well / "1") == new


@pytest.mark.parametrize("kind", ["verified", "replaced"])
def test_something_else_in_the_place_loses_nothing(
    well: Path, hidden: HiddenFolders, kind: str
) -> None:
    kept = getattr(hidden, kind)
    (well / "1").rename(kept)
    (well / "1").mkdir()
    (well / "1" / "thesis.txt").write_text("the only copy")
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match="is not an image"):
        recover_image(well, "1")
    assert "leftovers remain" in recover_well(well)[0]
    after = {p: d for p, d in digest_tree(well).items() if not p.startswith(".plate-registration")}
    assert after == before


def test_a_first_result_that_was_not_published_is_removed(well: Path) -> None:
    plan = register(well / "1", overwrite_input=False)
    hidden = hidden_folders(well, "1_registered")
    plan.output_path.rename(hidden.verified)
    assert recover_image(well, "1")
    assert leftovers(well) == []
    assert not plan.output_path.exists()


def test_the_only_copy_of_an_image_is_never_removed(well: Path, hidden: HiddenFolders) -> None:
    (well / "1").rename(hidden.verified)
    before = digest_tree(hidden.verified)
    with pytest.raises(InvalidInputError, match="the only copy"):
        recover_image(well, "1")
    assert digest_tree(hidden.verified) == before


def test_a_published_result_that_is_not_listed_gets_listed(well: Path) -> None:
    register(well / "1", overwrite_input=False)
    listed = read_images(well)
    entries = [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 1}]
    change_metadata(well, well={"images": entries, "version": "0.4"})
    (message,) = recover_image(well, "1")
    assert "did not list it" in message
    assert read_images(well) == listed


def test_a_rejected_image_is_kept_and_told(well: Path, hidden: HiddenFolders) -> None:
    hidden.rejected.mkdir()
    assert "reason.txt" in recover_image(well, "1")[0]
    assert hidden.rejected.is_dir()


def test_a_live_run_is_left_alone_and_others_are_recovered(well: Path) -> None:
    staged = stage(make_plan(well), well / "1")
    (well / ".0.plate-registration.staging").mkdir()
    with own_image(well, "1", timeout=0):
        (message,) = recover_well(well)
    assert ".0.plate-registration.staging" in message
    assert leftovers(well) == [staged.name]
    assert len(recover_well(well)) == 1
    assert leftovers(well) == []


@pytest.mark.parametrize("kinds", [("replaced",), ("replaced", "verified"), ("verified",)])
@pytest.mark.parametrize("phantom", [False, True])
def test_an_image_that_was_moved_aside_counts_as_there(
    well: Path, hidden: HiddenFolders, kinds: tuple[str, ...], phantom: bool
) -> None:
    require_image(well / "1")
    shutil.rmtree(well / "1")
    for kind in kinds:
        shutil.copytree(well / "0", getattr(hidden, kind))
    if phantom:
        zarr.open_group(well / "1", mode="a", zarr_format=3)
    require_image(well / "1")


def test_an_image_that_is_missing_is_missing(well: Path, hidden: HiddenFolders) -> None:
    shutil.rmtree(well / "1")
    hidden.staging.mkdir()
    with pytest.raises(InvalidInputError, match="does not exist"):
        require_image(well / "1")
    with pytest.raises(InvalidInputError, match="is a well, but an image is needed"):
        require_image(well)
