"""What zarr still writes after one file has failed is waited for before its folder is removed."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest
import zarr
from zarr.core.sync import sync

from tasks.plan.registration_plan import RegistrationPlan
from tasks.storage.hidden import staging_path
from tasks.storage.settle import settle_writes
from tasks.storage.space import room_given_back
from tests.storage.slow_writes import LATE, fail_one_and_delay_others


@pytest.mark.parametrize("settled", [True, False])
def test_a_removed_folder_stays_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled: bool
) -> None:
    folder = tmp_path / "group"
    fail_one_and_delay_others(monkeypatch, ".zgroup")
    with pytest.raises(OSError, match="No space left"):
        zarr.create_group(folder, zarr_format=2, attributes={"late": True})
    if settled:
        settle_writes()
    shutil.rmtree(folder)
    time.sleep(2 * LATE)
    assert folder.exists() is not settled, "zarr no longer writes files at the same time"


def test_a_staged_image_that_the_disk_has_no_room_for_stays_removed(
    plan: RegistrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = staging_path(plan)
    fail_one_and_delay_others(monkeypatch, ".zgroup")
    with pytest.raises(OSError, match="No space left"), room_given_back(plan):
        zarr.create_group(staged / "tables", zarr_format=2, attributes={"late": True})
    time.sleep(2 * LATE)
    assert not staged.exists()


def test_nothing_to_wait_for() -> None:
    settle_writes()


def test_two_that_settle_at_once_do_not_wait_for_each_other() -> None:
    both, held, settled = threading.Barrier(2), threading.Event(), []

    def settle() -> None:
        both.wait()
        settle_writes()
        settled.append(True)

    async def hold_the_loop() -> None:
        held.set()
        time.sleep(0.5)

    threads = [threading.Thread(target=settle, daemon=True) for _ in range(2)]
    holding = threading.Thread(target=sync, args=[hold_the_loop()])
    holding.start()
    held.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    holding.join()
    assert settled == [True, True]
