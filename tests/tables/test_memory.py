"""Tables that are copied are not loaded; what the others take is stated."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.table_rows import table_differences
from tasks.survey.table_plans import plan_tables
from tasks.tables.memory import table_memory_bytes
from tasks.tables.write import write_tables
from tests.peak_memory import peak_grown_by
from tests.tables.regions_of_images import WHOLE, grid, new_image
from tests.tables.stored import BACKENDS, Backend, make_plan, store_table

ROWS, COLUMNS = 4_000, 150


def write_and_look(plan: RegistrationPlan, staged: Path) -> None:
    plan_tables(plan.image_path, plan.reference_path)
    write_tables(plan, staged)
    assert not table_differences(plan, staged)


def features(rows: int, columns: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    index = pd.Index(range(1, rows + 1), name="label")
    names = [f"feature {n}" for n in range(columns)]
    return pd.DataFrame(random.random((rows, columns)), columns=names, index=index)


def boxes(rows: int, columns: int) -> pd.DataFrame:
    frame = features(rows, columns)
    for axis in "zyx":
        frame[f"{axis}_micrometer"] = np.linspace(1, 20, rows)
        frame[f"len_{axis}_micrometer"] = 1.0
    return frame


def plan_of(folder: Path, kind: str, backend: Backend, rows: int) -> RegistrationPlan:
    image, reference = new_image(folder / "1", "0.4"), new_image(folder / "0", "0.4")
    new_image(folder.parent / "staged", "0.4")
    frame = (features if kind == "feature_table" else boxes)(rows, COLUMNS)
    store_table(image, "t", kind, frame, backend, label="nuclei")
    labels = [grid(WHOLE, path="labels/nuclei")]
    return make_plan(image, reference, grid(WHOLE), labels=labels)


def measured(folder: Path, small: RegistrationPlan, big: RegistrationPlan) -> int:
    staged = folder / "staged"
    return peak_grown_by(
        partial(write_and_look, small, staged), partial(write_and_look, big, staged)
    )


@pytest.mark.parametrize("backend", ["anndata", "csv", "parquet"])
def test_what_is_copied_takes_a_fraction_of_its_size(backend: Backend, tmp_path: Path) -> None:
    small = plan_of(tmp_path / "small", "feature_table", backend, 3)
    plan = plan_of(tmp_path / "big", "feature_table", backend, 20 * ROWS)
    assert table_memory_bytes(plan) == 0
    # In memory it is 96 MB, and three to four times that while ngio loads it. How far csv is read
    # ahead is a matter of which thread comes first: 46 to 118 MB were seen.
    assert measured(tmp_path, small, plan) < 2 * 20 * ROWS * COLUMNS * 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_moves_stays_within_what_is_stated(backend: Backend, tmp_path: Path) -> None:
    small = plan_of(tmp_path / "small", "masking_roi_table", backend, 3)
    # zarr takes a minute to read the text of so many rows.
    rows = ROWS // 8 if backend == "json" else ROWS
    plan = plan_of(tmp_path / "big", "masking_roi_table", backend, rows)
    assert 0 < measured(tmp_path, small, plan) < table_memory_bytes(plan)
