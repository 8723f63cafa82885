"""A folder of the wrong kind is recognised before anything is done with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.storage.kinds import kind_of, require_kind

PLACES = {
    "plate": ".",
    "well": "A/01",
    "image": "A/01/1",
    "label": "A/01/1/labels/nuclei",
    "other": "A/01/1/tables",
    "missing": "A/02",
}


@pytest.mark.parametrize(("kind", "place"), PLACES.items())
def test_kind(well: Path, kind: str, place: str) -> None:
    assert kind_of(well.parent.parent / place) == kind


def test_a_file_and_a_plain_folder_are_other(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    assert kind_of(tmp_path) == kind_of(tmp_path / "file") == "other"


@pytest.mark.parametrize("wanted", ["plate", "well", "image"])
@pytest.mark.parametrize("found", PLACES)
def test_the_error_names_the_path_and_what_is_needed(well: Path, wanted: str, found: str) -> None:
    path = well.parent.parent / PLACES[found]
    if wanted == found:
        require_kind(path, wanted)
        return
    with pytest.raises(InvalidInputError) as caught:
        require_kind(path, wanted)
    message = str(caught.value)
    assert str(path) in message
    assert wanted in message
    assert "give" in message


def test_a_folder_in_a_plate_or_above_one_is_told_with_the_plate(well: Path) -> None:
    plate = well.parent.parent
    for path, told in ((plate / "A", "it is a part of the plate"), (plate.parent, "there is")):
        with pytest.raises(InvalidInputError, match=f"{told} {re.escape(str(plate))}"):
            require_kind(path, "plate")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"attributes": 3}'])
def test_broken_metadata_names_the_file(well: Path, content: str) -> None:
    image = well / "1"
    name = "zarr.json" if (image / "zarr.json").exists() else ".zattrs"
    if content.startswith('{"') and name == ".zattrs":
        pytest.skip("an attribute of that name is fine in format 2")
    (image / name).write_text(content)
    with pytest.raises(InvalidInputError, match=name.replace(".", r"\.")):
        kind_of(image)
