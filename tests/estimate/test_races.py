"""Two runs from raw images on one well: pixels move once, by shifts of pixels that had not moved.

`PLATE_REGISTRATION_REPETITIONS=20` repeats each, because a race shows only sometimes.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from tasks.doctor.plate import examine_plate
from tasks.storage.provenance import all_records, has_moved, read_provenance
from tests.estimate.test_join import SHIFTS
from tests.estimate.wells import SIZE, make_well
from tests.forks import forks
from tests.plates import read_levels
from tests.raw_runs import REFUSED, RawRun, run_raw, run_raw_there

REPETITIONS = range(int(os.environ.get("PLATE_REGISTRATION_REPETITIONS", "1")))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shifts = {cycle: SHIFTS[cycle] for cycle in (0, 1, 2)}
    return make_well(tmp_path_factory.mktemp("raw") / "plate.zarr", shifts)


@pytest.mark.parametrize("repetition", REPETITIONS)
@pytest.mark.parametrize("waits", [True, False], ids=["waiting", "not waiting"])
def test_two_runs_on_one_well_move_every_image_once(
    raw: Path, tmp_path: Path, waits: bool, repetition: int
) -> None:
    well = Path(shutil.copytree(raw.parents[1], tmp_path / "plate.zarr")) / "A" / "01"
    rng = np.random.default_rng(repetition)
    # Of two levels: they do not agree to the last digit, so that tables would be written twice.
    runs = [
        forks.Process(target=run_raw_there, args=(RawRun(well, level, waits=waits),))
        for level in ("0", "1")
    ]
    for run in runs:
        run.start()
        time.sleep(rng.uniform(0, 3) * (not waits))
    for run in runs:
        run.join()
    codes = {run.exitcode for run in runs}
    assert codes <= ({0} if waits else {0, REFUSED})
    run_raw(RawRun(well))
    assert examine_plate(well.parents[1]) == ()
    reference = read_levels(well / "0")[0][0, 0].astype(float)
    for cycle in (1, 2):
        record = read_provenance(well / str(cycle))
        assert record is not None
        assert sum(map(has_moved, all_records(record))) == 1
        stained = read_levels(well / str(cycle))[0][1, 0].astype(float)
        for column in (0, SIZE):
            part = (slice(30, SIZE - 30), slice(column + 30, column + SIZE - 30))
            assert np.corrcoef(reference[part].ravel(), stained[part].ravel())[0, 1] > 0.9
