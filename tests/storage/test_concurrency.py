"""Many processes on one well at once: never a lost, mixed or different result.

`PLATE_REGISTRATION_REPETITIONS=5` repeats each, because a race shows only sometimes.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate
from tests.forks import forks
from tests.plate_tables import add_feature_table, write_regions
from tests.plates import make_plate
from tests.runs import TABLE, Run, Swap
from tests.soak_scene import Worker, files_of

REPETITIONS = range(int(os.environ.get("PLATE_REGISTRATION_REPETITIONS", "1")))
IMAGES = 8


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a plate whose only well has eight images, each in another place."""
    plate = make_plate(
        tmp_path_factory.mktemp("crowded") / "plate.zarr",
        acquisitions=range(IMAGES),
        axes="yx",
        shape=(32, 48),
        chunks=(16, 16),
        levels=2,
        pixel_size=1.0,
        ngff_version="0.5",
    )
    for n in range(IMAGES):
        image = plate / "A" / "01" / str(n)
        write_regions(image, TABLE, {"FOV_1": {"y": (1.0 * n, 20.0), "x": (2.0 * n, 30.0)}})
        add_feature_table(image, "features", "nuclei")
    return plate


@pytest.fixture
def well(crowded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crowded, tmp_path / "plate.zarr")) / "A" / "01"


def serial(well: Path, run: Run) -> dict[str, str]:
    """Return the files that one run on a copy of the well leaves."""
    copied = shutil.copytree(well.parents[1], well.parents[2] / "serial.zarr") / "A" / "01"
    assert Worker(run._replace(path=copied)).wait() == 0
    return files_of(copied)


def at_once(runs: Sequence[Run]) -> None:
    workers = [Worker(run) for run in runs]
    assert [worker.wait() for worker in workers] == [0] * len(runs)


@pytest.mark.parametrize("_", REPETITIONS)
@pytest.mark.parametrize("swap", ["exchange", "two renames"])
def test_all_images_of_a_well_at_once(well: Path, swap: Swap, _: int) -> None:
    expected = serial(well, Run(well))
    at_once([Run(well / str(n), swap=swap) for n in range(IMAGES)])
    assert files_of(well) == expected
    assert examine_plate(well.parents[1]) == ()


@pytest.mark.parametrize("_", REPETITIONS)
@pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])
def test_two_runs_on_one_well(well: Path, overwrite_input: bool, _: int) -> None:
    run = Run(well, overwrite_input=overwrite_input)
    expected = serial(well, run)
    at_once([run, run])
    assert files_of(well) == expected
    assert examine_plate(well.parents[1]) == ()


@pytest.mark.parametrize("second", ["1", ""], ids=["the image", "the well"])
def test_a_run_that_starts_while_another_has_moved_the_image_aside_waits(
    well: Path, second: str
) -> None:
    expected = serial(well, Run(well))
    first = Worker(Run(well / "1", swap="slow renames"))
    first.wait_for_swap(1)
    while (well / "1").exists():
        time.sleep(0.001)
    at_once([Run(well / second)])
    assert first.wait() == 0
    at_once([Run(well)])
    assert files_of(well) == expected


def read_on(image: Path, pipe: Connection) -> None:
    """Open the image again and again until told to stop; send how often, and what went wrong."""
    from ngio import open_ome_zarr_container  # noqa: PLC0415 - only this process needs it

    count, wrong = 0, []
    while not pipe.poll():
        count += 1
        try:
            container = open_ome_zarr_container(image, mode="r")
            if container.get_image().get_array().shape != (32, 48):
                wrong.append("another shape")
            container.get_label("nuclei")
            container.get_table(TABLE)
        except Exception as error:  # noqa: BLE001 - whatever a reader can meet
            wrong.append(repr(error))
    pipe.send((count, wrong))


@pytest.mark.parametrize("_", REPETITIONS)
def test_the_reference_is_replaced_while_others_read_it(well: Path, _: int) -> None:
    expected = serial(well, Run(well))
    here, there = forks.Pipe()
    reader = forks.Process(target=read_on, args=(well / "0", there))
    reader.start()
    there.close()
    at_once([Run(well / "0", redo=True)] * 4 + [Run(well / str(n)) for n in range(1, IMAGES)])
    here.send("stop")
    count, wrong = here.recv()
    reader.join()
    assert wrong == []
    assert count > 10
    assert files_of(well) == expected
