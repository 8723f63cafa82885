from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.report.folder import file_name, picture_stem, report_folder, well_name


def test_the_report_lies_beside_its_plate() -> None:
    assert report_folder(Path("/data/p.zarr")) == Path("/data/p.registration")
    assert report_folder(Path("/data/p.zarr"), "/reports") == Path("/reports/p")


@pytest.mark.parametrize("text", ["FOV_1", "1_illum_corr", "a-b_c"])
def test_plain_names_stay(text: str) -> None:
    assert file_name(text) == text


def test_a_well_is_row_dash_column() -> None:
    assert well_name("B/03") == "B-03"


@given(st.text(), st.text())
def test_no_text_leads_out_and_unlike_texts_are_unlike_files(one: str, other: str) -> None:
    name = file_name(one)
    assert name == Path(name).name or not name
    assert not name.startswith(".")
    if one != other:
        assert file_name(other) != name
    assert ".." not in Path(picture_stem("A/01", one, other)).parts
