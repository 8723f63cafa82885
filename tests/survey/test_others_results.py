"""What somebody else has put in the place of a result is not overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tests.plates import make_image, make_plate, write_regions
from tests.registration import register
from tests.trees import digest_tree


@pytest.fixture
def well(tmp_path: Path) -> Path:
    well = make_plate(tmp_path / "plate.zarr", labels=()) / "A" / "01"
    for name in ("0", "1"):
        write_regions(well / name, "registered", {"FOV_1": {"y": (2.0, 20.0)}})
    return well


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_result_without_our_record_is_refused(well: Path, version: str) -> None:
    make_image(well / "1_registered", labels=(), ngff_version="0.5" if version == "0.5" else "0.4")
    before = digest_tree(well)
    with pytest.raises(InvalidInputError, match=r"1_registered is there already.*Move it out"):
        register(well / "1", overwrite_input=False)
    assert digest_tree(well) == before
    register(well / "1")


def test_a_result_of_another_image_is_refused(well: Path) -> None:
    register(well / "0", overwrite_input=False)
    shutil.move(well / "0_registered", well / "1_registered")
    with pytest.raises(InvalidInputError, match="is no result of this image"):
        register(well / "1", overwrite_input=False)


def test_our_own_result_and_an_empty_group_in_its_place_are_replaced(well: Path) -> None:
    register(well / "1", overwrite_input=False)
    register(well / "1", overwrite_input=False)
    shutil.rmtree(well / "1_registered")
    (well / "1_registered").mkdir()
    (well / "1_registered" / ".zgroup").write_text('{"zarr_format": 2}')
    register(well / "1", overwrite_input=False)
