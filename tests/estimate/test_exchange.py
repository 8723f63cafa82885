"""Our tables serve the reference system's tasks, and its tables serve ours: run for real."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.estimate.columns import TRANSLATIONS, write_columns
from tasks.estimate.consensus import find_consensus, write_consensus
from tasks.estimate.image import estimate_image
from tasks.estimate.options import EstimateOptions
from tasks.survey.listed_tables import read_table
from tasks.survey.regions import read_regions
from tests.benchmarks.reference_system import VERSION, installed_reference
from tests.estimate.wells import PIXEL, STAIN, TABLE, make_well
from tests.plate_tables import Backend

OURS, THEIRS = "registered_by_us", "registered_by_them"
SHIFTS = {0: [(0.0, 0.0)] * 2, 1: [(8.0, -12.0), (12.0, -8.0)], 2: [(-4.0, 4.0)] * 2}
OPTIONS = EstimateOptions(wavelength_id=STAIN, level_path="0")

# One process for all jobs: what it imports takes seconds.
RUN = f"""
import json, logging, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
from fractal_tasks_core._registration_utils import (
    InitArgsRegistration, InitArgsRegistrationConsensus)
from fractal_tasks_core.compute_image_based_registration import compute_image_based_registration
from fractal_tasks_core.compute_registration_consensus import compute_registration_consensus
for well, estimate in json.loads(sys.argv[1]):
    for name in "12" if estimate else "":
        compute_image_based_registration(
            zarr_url=f"{{well}}/{{name}}",
            init_args=InitArgsRegistration(reference_zarr_url=f"{{well}}/0"),
            wavelength_id="{STAIN}", level_path="1")
    compute_registration_consensus(
        zarr_url=f"{{well}}/0",
        init_args=InitArgsRegistrationConsensus(zarr_url_list=[f"{{well}}/{{n}}" for n in "012"]),
        registered_roi_table="{THEIRS}")
"""


@pytest.fixture(scope="module")
def wells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Wells whose shifts one side estimated, each with the consensus of both sides."""
    python = installed_reference()
    if python is None:
        pytest.skip(
            f"fractal-tasks-core {VERSION} is not here; `python -m tests.benchmarks` installs it"
        )
    folder = tmp_path_factory.mktemp("exchange")
    backends: dict[str, Backend] = {"ours csv": "csv", "ours anndata": "anndata", "theirs": "csv"}
    made = {
        name: make_well(folder / f"{name}.zarr", SHIFTS, backend=backend)
        for name, backend in backends.items()
    }
    for name, well in made.items():
        for image in "12" if name != "theirs" else "":
            write_columns(estimate_image(well / image, OPTIONS), "made in a test")
    jobs: list[Any] = [(str(well), name == "theirs") for name, well in made.items()]
    subprocess.run([python, "-c", RUN, json.dumps(jobs)], check=True)  # noqa: S603 - ours
    for well in made.values():
        found = find_consensus(well / "0", [well / "1", well / "2"], TABLE)
        write_consensus(
            [well / n for n in "012"], found, TABLE, OURS, {"consensus": "made in a test"}
        )
    return made


@pytest.mark.parametrize("name", ["ours csv", "ours anndata", "theirs"])
def test_both_find_the_same_consensus_from_the_same_translations(
    wells: dict[str, Path], name: str
) -> None:
    for image in "012":
        theirs = {region.name: region for region in read_regions(wells[name] / image, THEIRS)}
        ours = {region.name: region for region in read_regions(wells[name] / image, OURS)}
        assert set(theirs) == set(ours) == {"FOV_1", "FOV_2"}
        for region, box in theirs.items():
            # anndata keeps 32-bit numbers.
            assert ours[region].start == pytest.approx(box.start, abs=1e-4)
            assert ours[region].length == pytest.approx(box.length, abs=1e-4)


def test_both_write_the_same_translations_where_both_are_right(wells: dict[str, Path]) -> None:
    # Whole pixels of level 1 are what the reference system can find there.
    for image, shifts in list(SHIFTS.items())[1:]:
        expected = np.array([(0.0, y, x) for y, x in shifts]) * (1, PIXEL, PIXEL)
        for name, tolerance in (("theirs", 1e-6), ("ours csv", 0.05), ("ours anndata", 0.05)):
            frame = read_table(wells[name] / str(image), TABLE).content.dataframe
            found = np.asarray(frame.loc[["FOV_1", "FOV_2"], list(TRANSLATIONS)], dtype=float)
            assert found == pytest.approx(expected, abs=tolerance), name
