"""On file systems that are really full, or really read-only, the original stays and is told of."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.doctor.plate import examine_plate
from tasks.plan.errors import InvalidInputError
from tasks.storage.recover import recover_well
from tests import runs
from tests.flows.snapshots import snapshot
from tests.runs import Run, run_image
from tests.soak_scene import files_of, make_well
from tests.storage.disks import filled, read_only, small_disk
from tests.storage.steps import leftovers

KILOBYTE = 1024


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plate = tmp_path_factory.mktemp("made") / "plate.zarr"
    make_well(plate, "0.4")
    return plate


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=40) as folder:
        yield folder


@pytest.fixture
def well(made: Path, disk: Path) -> Path:
    return Path(shutil.copytree(made, disk / "plate.zarr")) / "A" / "01"


def test_too_little_room_is_seen_before_anything_is_written(well: Path, disk: Path) -> None:
    before = files_of(well)
    with (
        filled(disk, leave=1024 * KILOBYTE),
        pytest.raises(OSError, match="no room for the new image") as caught,
    ):
        run_image(Run(well / "1"))
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(well)
    assert files_of(well) == before


@pytest.mark.parametrize("overwrite_input", [True, False], ids=["in place", "beside"])
@pytest.mark.parametrize(
    "left",
    [kilobytes * KILOBYTE for kilobytes in (0, 40, 80, 120, 160, 200, 240)],
    ids="{} left".format,
)
def test_a_disk_that_fills_up_on_the_way(
    well: Path, disk: Path, left: int, overwrite_input: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = shutil.copytree(well.parents[1], disk / "undisturbed.zarr") / "A" / "01"
    run_image(Run(undisturbed / "1", overwrite_input=overwrite_input))
    expected = files_of(undisturbed)
    run = Run(well / "1", overwrite_input=overwrite_input)
    before = files_of(well)
    with filled(disk, leave=left), monkeypatch.context() as patch:
        # Somebody else takes the room after it was checked.
        patch.setattr(runs, "check_free_space", lambda _: None)
        with pytest.raises(OSError, match="No space left on device") as caught:
            run_image(run)
        assert caught.value.errno == errno.ENOSPC
        assert str(well) in str(caught.value)
        after = files_of(well)
        assert {path: after[path] for path in before} == before
        assert leftovers(well) == []
    run_image(run)
    assert files_of(well) == expected
    assert leftovers(well) == []
    assert examine_plate(disk / "plate.zarr")[0].problem.startswith("image 0, 2 is not registered")


def test_a_read_only_disk(well: Path, disk: Path) -> None:
    before = snapshot(disk)
    with read_only(disk):
        with pytest.raises(InvalidInputError, match="Read-only file system") as caught:
            run_image(Run(well / "1"))
        assert str(well) in str(caught.value)
        # The doctor needs to write nothing.
        assert examine_plate(disk / "plate.zarr") == ()
    assert snapshot(disk) == before
    run_image(Run(well / "1"))


def test_what_a_killed_run_left_is_removed_from_a_full_disk(well: Path, disk: Path) -> None:
    before = files_of(well)
    shutil.copytree(well / "0", well / ".1.plate-registration.staging")
    with filled(disk):
        assert any(
            ".1.plate-registration.staging; removed it" in message for message in recover_well(well)
        )
    assert files_of(well) == before
