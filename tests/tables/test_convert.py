from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from tasks.tables.convert import convert_folder
from tests.plates import make_image
from tests.tables.stored import (
    BACKENDS,
    Backend,
    attributes_of,
    box_frame,
    files_of,
    read_frame,
    store_table,
)


@pytest.mark.parametrize(("source_version", "zarr_format"), [("0.4", 3), ("0.5", 2)])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_reads_the_same_in_the_other_format(
    tmp_path: Path,
    backend: Backend,
    source_version: Literal["0.4", "0.5"],
    zarr_format: Literal[2, 3],
) -> None:
    other: Literal["0.4", "0.5"] = "0.5" if source_version == "0.4" else "0.4"
    source = make_image(
        tmp_path / "a", axes="yx", shape=(8, 8), levels=1, labels=(), ngff_version=source_version
    )
    target = make_image(
        tmp_path / "b", axes="yx", shape=(8, 8), levels=1, labels=(), ngff_version=other
    )
    rows = box_frame({"ä b": {"x": (1.5, 2.0)}, "c": {"y": (0.1, 0.2)}}).assign(
        **{"my col": ["x", "ü"], "number": [1, 2], "gap": [np.nan, 0.5]}
    )
    folder = store_table(source, "t", "roi_table", rows, backend, attributes={"extra": {"a": [1]}})
    (folder / "notes").mkdir()
    (folder / "notes" / "n.txt").write_text("kept")
    # ngio makes the group and its list; the folder itself is ours.
    store_table(target, "other", "roi_table", rows, "csv")
    listing = target / "tables" / ("zarr.json" if zarr_format == 3 else ".zattrs")
    listing.write_text(listing.read_text().replace('"other"', '"other", "t"'))

    convert_folder(folder, target / "tables" / "t", zarr_format)

    pd.testing.assert_frame_equal(read_frame(target, "t"), read_frame(source, "t"))
    converted = files_of(target / "tables" / "t")
    assert converted["notes/n.txt"] == b"kept"
    assert attributes_of(target / "tables" / "t") == attributes_of(folder)
    foreign = {".zgroup", ".zattrs", ".zarray", ".zmetadata"} if zarr_format == 3 else {"zarr.json"}
    assert not {Path(name).name for name in converted} & foreign
    for name in ("table.csv", "table.parquet"):
        assert converted.get(name) == files_of(folder).get(name)
    assert "consolidated_metadata" not in json.loads(converted.get("zarr.json", b"{}"))
