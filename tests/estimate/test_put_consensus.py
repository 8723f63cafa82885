"""A well's tables are read once to agree on their consensus, and written once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.estimate import consensus
from tasks.estimate.images import Group
from tasks.estimate.put_consensus import Written, put_consensus
from tasks.survey import listed_tables
from tasks.survey.listed_tables import read_table
from tests.estimate.test_consensus import REGISTERED, TABLE, well_with


def put(well: Path, *, redo: bool = False) -> Written:
    return put_consensus(
        Group(reference=well / "0", others=(well / "1", well / "2")),
        input_roi_table=TABLE,
        registered_roi_table=REGISTERED,
        min_overlap=0.1,
        redo=redo,
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count reads and writes of tables by what is read or written."""
    counts: Counter[str] = Counter()
    real_open, real_put = listed_tables.open_stored_table, consensus.put_table

    def open_stored_table(folder: Path) -> Any:
        counts[f"read {folder.parent.parent.name} {folder.name}"] += 1
        return real_open(folder)

    def put_table(image: Path, name: str, *values: Any, **options: Any) -> Any:
        counts[f"write {image.name} {name}"] += 1
        return real_put(image, name, *values, **options)

    monkeypatch.setattr(listed_tables, "open_stored_table", open_stored_table)
    monkeypatch.setattr(consensus, "put_table", put_table)
    return counts


def test_each_table_is_read_once_and_written_once(tmp_path: Path, counted: Counter[str]) -> None:
    well = well_with(tmp_path)
    counted.clear()
    assert len(put(well).regions) == 2
    expected = {f"read {n} {TABLE}": 1 for n in "012"}
    assert counted == {**expected, **{f"write {n} {REGISTERED}": 1 for n in "012"}}
    counted.clear()
    # What has not changed is compared, and left as it is.
    assert put(well).regions == ()
    assert counted == expected


def test_the_next_time_what_is_there_by_then_is_read(tmp_path: Path) -> None:
    well = well_with(tmp_path)
    first = put(well).regions
    rows = well / "1/tables" / TABLE / "table.csv"
    rows.write_text(rows.read_text().replace("2.5", "4.5"))
    assert put(well).regions != first
    assert read_table(well / "1", TABLE) is not read_table(well / "1", TABLE)
