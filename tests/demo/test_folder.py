from __future__ import annotations

from pathlib import Path

import pytest

from tasks.demo.folder import MARKER, PLATE, claim_folder
from tasks.plan.errors import InvalidInputError


def test_makes_a_folder_and_marks_it_as_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "with" / "parents and spaces"
    assert claim_folder(folder) == folder / PLATE
    assert (folder / MARKER).is_file()
    assert not (folder / PLATE).exists()


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    assert claim_folder(tmp_path) == tmp_path / PLATE


def test_replaces_what_it_made_and_leaves_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    plate = claim_folder(folder)
    (plate / "A").mkdir(parents=True)
    (plate / "A" / "old").write_text("from the first run")
    locks = folder / f"{PLATE}.ngio-locks"
    locks.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert claim_folder(folder) == plate
    assert not plate.exists()
    assert not locks.exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_demo_stopped_before_it_wrote_a_plate_can_be_run_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    claim_folder(folder)
    assert claim_folder(folder) == folder / PLATE


@pytest.mark.parametrize("name", ["data.txt", PLATE], ids=["a file", "a plate of that name"])
def test_leaves_a_folder_alone_that_it_did_not_make(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "precious").write_text("data")
    with pytest.raises(InvalidInputError, match="did not make it"):
        claim_folder(tmp_path)
    assert (tmp_path / name / "precious").read_text() == "data"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_folder_called_like_the_marker_is_no_marker(tmp_path: Path) -> None:
    (tmp_path / MARKER).mkdir()
    with pytest.raises(InvalidInputError, match="did not make it"):
        claim_folder(tmp_path)


def test_does_not_write_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "demo"
    file.write_text("mine")
    with pytest.raises(InvalidInputError, match="is a file"):
        claim_folder(file)
    assert file.read_text() == "mine"


def test_does_not_follow_a_link_in_place_of_its_plate(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("data")
    folder = tmp_path / "demo"
    claim_folder(folder)
    (folder / PLATE).symlink_to(elsewhere)
    with pytest.raises(InvalidInputError, match="is a link"):
        claim_folder(folder)
    assert (elsewhere / "precious").read_text() == "data"
