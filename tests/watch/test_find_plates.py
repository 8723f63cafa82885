"""Plates are found where they arrive, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.plan.errors import InvalidInputError
from tasks.watch.find_plates import find_plates
from tests.plates import make_plate


def test_plates_are_found_up_to_two_folders_deeper(tmp_path: Path) -> None:
    near, deep = tmp_path / "b.zarr", tmp_path / "person" / "day" / "a.zarr"
    for path in (near, deep, tmp_path / ".trash" / "c.zarr", tmp_path / "1/2/3/too-deep.zarr"):
        make_plate(path)
    (tmp_path / "half.zarr").mkdir()
    (tmp_path / "half.zarr" / ".zattrs").write_text('{"plate": ')
    (tmp_path / "half.zarr" / ".zgroup").write_text('{"zarr_format": 2}')
    assert list(find_plates(tmp_path)) == [near, deep]
    assert list(find_plates(deep)) == [deep]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="Is its disk mounted"):
        list(find_plates(tmp_path / "incoming"))
