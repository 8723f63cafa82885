"""Tables that are copied are not loaded; what the others take is stated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.plan.registration_plan import RegistrationPlan
from tasks.tables.memory import table_memory_bytes
from tests.tables.regions_of_images import WHOLE, grid, new_image
from tests.tables.stored import BACKENDS, Backend, make_plan, store_table

ROWS, COLUMNS = 4_000, 150

MEASURE = """
import json, sys
from pathlib import Path
from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.table_rows import table_differences
from tasks.survey.table_plans import plan_tables
from tasks.tables.write import write_tables

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024

def run(plan):
    plan_tables(plan.image_path, plan.reference_path)
    write_tables(plan, staged)
    assert not table_differences(plan, staged)

folder = Path(sys.argv[1])
staged = folder / "staged"
small, plan = (
    RegistrationPlan.model_validate_json((folder / f"{name}.json").read_text())
    for name in ("small", "big")
)
run(small)
before = peak()
run(plan)
print(json.dumps(peak() - before))
"""


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
    plan = make_plan(image, reference, grid(WHOLE), labels=labels)
    name = f"{folder.name}.json"
    (folder.parent / name).write_text(plan.model_dump_json())
    return plan


def measured(folder: Path) -> int:
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", MEASURE, str(folder)], capture_output=True, text=True, check=True
    )
    return int(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("backend", ["anndata", "csv", "parquet"])
def test_what_is_copied_takes_a_fraction_of_its_size(backend: Backend, tmp_path: Path) -> None:
    plan_of(tmp_path / "small", "feature_table", backend, 3)
    plan = plan_of(tmp_path / "big", "feature_table", backend, 20 * ROWS)
    assert table_memory_bytes(plan) == 0
    # In memory it is 96 MB, and several times that while it is made; csv is read ahead.
    assert measured(tmp_path) < 20 * ROWS * COLUMNS * 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_moves_stays_within_what_is_stated(backend: Backend, tmp_path: Path) -> None:
    plan_of(tmp_path / "small", "masking_roi_table", backend, 3)
    # zarr takes a minute to read the text of so many rows.
    rows = ROWS // 4 if backend == "json" else ROWS
    bound = table_memory_bytes(plan_of(tmp_path / "big", "masking_roi_table", backend, rows))
    assert 0 < measured(tmp_path) < bound
