"""What earlier versions left is put back where nothing can be lost, else left to a person."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate, repair_plate
from tasks.storage.recover import recover_image, recover_well
from tasks.storage.swap_table import recover_table
from tests.trees import digest_tree


@pytest.fixture
def ngff_version() -> str:
    """Return one: names are names."""
    return "0.5"


def test_an_image_that_was_moved_aside_is_put_back_and_the_rest_stays(well: Path) -> None:
    image = digest_tree(well / "1")
    (well / "1").rename(well / ".1.replaced")
    shutil.copytree(well / "0", well / ".1.verified")
    (message,) = recover_well(well)
    assert "put the old one back" in message
    assert digest_tree(well / "1") == image
    assert (well / ".1.verified").is_dir()
    (finding,) = [each for each in examine_plate(well.parents[1]) if ".1.verified" in each.problem]
    assert finding.remedy == "person"
    assert not recover_well(well)


def test_the_doctor_puts_it_back(well: Path) -> None:
    (well / "1").rename(well / ".1.replaced")
    findings = [each for each in examine_plate(well.parents[1]) if each.remedy == "recover"]
    assert len(findings) == 1
    assert "in the middle of a swap" in findings[0].problem
    assert "put the old one back" in repair_plate(well.parents[1])[0]
    assert examine_plate(well.parents[1]) == ()


@pytest.mark.parametrize("kind", ["staging", "verified", "replaced", "rejected"])
def test_beside_an_image_it_is_for_a_person(well: Path, kind: str) -> None:
    shutil.copytree(well / "0", well / f".1.{kind}")
    before = digest_tree(well)
    assert recover_image(well, "1") == ()
    assert recover_well(well) == ()
    assert repair_plate(well.parents[1]) == ()
    assert digest_tree(well) == before
    (finding,) = examine_plate(well.parents[1])
    assert f".1.{kind} may have been left by an earlier version" in finding.problem


@pytest.mark.parametrize("what", ["no image", "not listed"])
def test_what_may_be_somebodys_own_stays(well: Path, what: str) -> None:
    name = ".1.replaced" if what == "no image" else ".notes.replaced"
    if what == "no image":
        shutil.rmtree(well / "1")
        (well / name).mkdir()
        (well / name / "thesis.txt").write_text("the only copy")
    else:
        shutil.copytree(well / "0", well / name)
    before = digest_tree(well / name)
    assert recover_well(well) == ()
    assert digest_tree(well / name) == before


def test_a_table_that_was_moved_aside_is_put_back(well: Path) -> None:
    tables = well / "1" / "tables"
    table = digest_tree(tables / "features")
    (tables / "features").rename(tables / ".features.table-old")
    assert "put it back" in recover_well(well)[0]
    assert digest_tree(tables / "features") == table


def test_a_table_folder_of_such_a_name_beside_the_table_stays(well: Path) -> None:
    tables = well / "1" / "tables"
    shutil.copytree(tables / "features", tables / ".features.table-old")
    before = digest_tree(tables)
    assert recover_table(well / "1", "features") == ()
    assert recover_well(well) == ()
    assert digest_tree(tables) == before
